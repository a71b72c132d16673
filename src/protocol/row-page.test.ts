import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../base/binary.ts";
import { decodeRowPage, encodeRowPage, parsePartitionRun } from "./row-page.ts";

const bytes = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength });
const anyPage = fc.record({
  rows: fc.array(fc.record({ key: bytes(20), record: fc.option(bytes(50), { nil: undefined }) }), {
    maxLength: 5,
  }),
  next: fc.option(bytes(30), { nil: undefined }),
});
const plain = (value: Uint8Array | undefined) => value && Buffer.from(value).toString("hex");

describe("encodeRowPage() and decodeRowPage()", () => {
  test("give back every page", () => {
    fc.assert(
      fc.property(anyPage, (page) => {
        const read = decodeRowPage(encodeRowPage(page));
        expect(plain(read.next)).toBe(plain(page.next));
        expect(read.rows.map(({ key, record }) => [plain(key), plain(record)])).toEqual(
          page.rows.map(({ key, record }) => [plain(key), plain(record)]),
        );
      }),
    );
  });

  test("refuse every page that is cut off or longer, other versions, empty keys and other states", () => {
    fc.assert(
      fc.property(anyPage, fc.nat(), (page, at) => {
        const encoded = encodeRowPage(page);
        expect(() => decodeRowPage(encoded.subarray(0, at % encoded.length))).toThrow(FormatError);
        expect(() => decodeRowPage(Buffer.concat([encoded, Buffer.alloc(1)]))).toThrow(FormatError);
      }),
    );
    expect(() => decodeRowPage(Uint8Array.of(2, 0, 0))).toThrow("version is 2 and only 1 is known");
    expect(() => decodeRowPage(Uint8Array.of(1, 0, 1, 0, 0))).toThrow("a key is empty");
    expect(() => decodeRowPage(Uint8Array.of(1, 0, 1, 1, 7, 2))).toThrow("state 2");
  });
});

describe("parsePartitionRun()", () => {
  test("reads a run and a number, and refuses all else in one line", () => {
    expect(parsePartitionRun("0-15", 16)).toEqual({ first: 0, last: 15 });
    expect(parsePartitionRun("7", 16)).toEqual({ first: 7, last: 7 });
    for (const text of ["", "16", "0-16", "5-4", "-1", "1-", "a", "1,2", "1-2-3", " 1"]) {
      expect(() => parsePartitionRun(text, 16)).toThrow(
        `Cannot use partitions ${JSON.stringify(text)}: allowed is a number or a run such as 0-15, up to 15`,
      );
    }
  });
});
