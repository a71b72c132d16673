import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase64url,
  toBase64url,
  toHex,
  utf8Bytes,
} from "./bytes.ts";

describe("bytes", () => {
  it("compareBytes() orders as the hexadecimal texts do, and equalBytes() agrees", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
        const [left, right] = [toHex(a), toHex(b)];
        const expected = left < right ? -1 : left > right ? 1 : 0;
        expect(Math.sign(compareBytes(a, b))).toBe(expected);
        expect(equalBytes(a, b)).toBe(expected === 0);
      }),
    );
  });

  it("fromBase64url() gives back what toBase64url() took", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const back = fromBase64url(toBase64url(bytes));
        expect(back !== undefined && equalBytes(back, bytes)).toBe(true);
      }),
    );
  });

  it("fromBase64url() accepts only what toBase64url() can have given", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."AQgw09-_+/= \n"), maxLength: 9 }),
        (text) => {
          const bytes = fromBase64url(text);
          expect(bytes === undefined || toBase64url(bytes) === text).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
    for (const text of ["A", "AB", "AA==", "A+/A", "A A", "AAAA\n"]) {
      expect(fromBase64url(text), text).toBeUndefined();
    }
  });

  it("concatBytes() joins in order", () => {
    const joined = concatBytes([utf8Bytes("a"), new Uint8Array(0), utf8Bytes("bé")]);
    expect(toHex(joined)).toBe("6162c3a9");
  });
});
