import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FileRow } from "./row-file.ts";
import { encodeEnd, encodeHead, encodeRow, readRows } from "./row-file.ts";

const anyRows = fc.array(
  fc.record({
    key: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    record: fc.uint8Array({ maxLength: 40 }),
  }),
  { maxLength: 4 },
);
const FILE = { name: "a file", partition: 513 };

function fileOf(rows: readonly FileRow[]): Buffer {
  return Buffer.concat([
    encodeHead(FILE.partition),
    ...rows.map(encodeRow),
    encodeEnd(rows.length),
  ]);
}

async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

function read(bytes: Uint8Array, length = 1_000): Promise<readonly FileRow[]> {
  return Array.fromAsync(readRows(pieces(bytes, length), FILE));
}

const plain = (rows: readonly FileRow[]) =>
  rows.map(({ key, record }) => [[...key], [...record]] as const);

describe("D-6.2-8 a file of rows", () => {
  test("gives back its rows, in whatever pieces it is read", async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.integer({ min: 1, max: 30 }), async (rows, length) => {
        expect(plain(await read(fileOf(rows), length))).toEqual(plain(rows));
      }),
    );
  });

  test("is refused where a bit is flipped, where it is cut off, and where more follows", async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.nat(), fc.nat(7), async (rows, nat, bit) => {
        const bytes = fileOf(rows);
        const at = nat % bytes.length;
        const flipped = Buffer.from(bytes);
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at);
        await expect(read(flipped)).rejects.toThrow(/^Cannot read a file: /);
        await expect(read(bytes.subarray(0, at))).rejects.toThrow(/^Cannot read a file: /);
        await expect(read(Buffer.concat([bytes, Buffer.of(0)]))).rejects.toThrow("follow its end");
      }),
    );
  });

  test("says what it is where it is something else", async () => {
    const other = fileOf([]);
    other.writeUInt8(9, "ringside rows".length);
    await expect(read(other)).rejects.toThrow("format version is 9 and only 1 is known");
    await expect(read(Buffer.alloc(40))).rejects.toThrow("it is no file of rows");
    const moved = readRows(pieces(fileOf([]), 10), { name: "a file", partition: 7 });
    await expect(Array.fromAsync(moved)).rejects.toThrow("is of partition 513 and should be of 7");
  });
});
