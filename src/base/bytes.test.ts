import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase64,
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

  it("takes no character for the digit that its lower byte is", () => {
    expect(fromBase64("\u0141AAA")).toBe(undefined);
    expect(fromBase64url("\u0141AAA")).toBe(undefined);
  });

  it("fromBase64() takes what is base64 to the last bit, as Uint8Array.fromBase64() does but for white space", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: fc.constantFrom(..."AQgw09-_+/="), maxLength: 9 }),
          fc.uint8Array().map((bytes) => bytes.toBase64()),
        ),
        (text) => {
          let expected: Uint8Array | undefined;
          try {
            expected = Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
          } catch {
            expected = undefined;
          }
          const bytes = fromBase64(text);
          expect(bytes && toHex(bytes)).toBe(expected && toHex(expected));
        },
      ),
      { numRuns: 1_000 },
    );
    expect(fromBase64("AA A=")).toBeUndefined();
  });

  it("concatBytes() joins in order", () => {
    const joined = concatBytes([utf8Bytes("a"), new Uint8Array(0), utf8Bytes("bé")]);
    expect(toHex(joined)).toBe("6162c3a9");
  });
});
