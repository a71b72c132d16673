import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../base/binary.ts";
import { decodePayload, encodePayload, TOMBSTONE_PAYLOAD } from "./payload.ts";

const contentType = fc
  .array(fc.integer({ min: 0x20, max: 0x7e }), { maxLength: 255 })
  .map((codes) => String.fromCharCode(...codes));

describe("encodePayload() and decodePayload()", () => {
  test("bring back what was put in", () => {
    fc.assert(
      fc.property(contentType, fc.uint8Array(), (type, bytes) => {
        const decoded = decodePayload(
          encodePayload({ contentType: type, tombstone: false, bytes }),
        );
        expect(decoded.contentType).toBe(type);
        expect(decoded.tombstone).toBe(false);
        expect(Buffer.compare(decoded.bytes, bytes)).toBe(0);
      }),
    );
    expect(decodePayload(encodePayload(TOMBSTONE_PAYLOAD))).toBe(TOMBSTONE_PAYLOAD);
  });

  test("give the bytes of the format's comment", () => {
    const bytes = Buffer.from([1, 2]);
    const encoded = encodePayload({ contentType: "a/b", tombstone: false, bytes });
    expect(Buffer.from(encoded).toString("hex")).toBe("010003612f620102");
    expect(Buffer.from(encodePayload(TOMBSTONE_PAYLOAD)).toString("hex")).toBe("010100");
  });

  test.each([1, 5, 12, 8 * 0x1_0000])("refuse a list of operations of %i bytes", (bytes) => {
    const operations = { own: undefined, superseded: new Uint8Array(bytes) };
    expect(() => encodePayload(TOMBSTONE_PAYLOAD, operations)).toThrow(RangeError);
  });

  test("copy nothing when decoding", () => {
    const encoded = encodePayload({ contentType: "x", tombstone: false, bytes: Buffer.alloc(9) });
    expect(decodePayload(encoded).bytes.buffer).toBe(encoded.buffer);
  });

  test("refuse anything else with FormatError, and what they accept is canonical", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.boolean(), (bytes, likely) => {
        if (likely) bytes.set([1, 0].slice(0, bytes.length));
        try {
          expect(Buffer.compare(encodePayload(decodePayload(bytes)), bytes)).toBe(0);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
    for (const hex of ["", "01", "0100", "020000", "010200", "010001", "01010161", "01000107"]) {
      expect(() => decodePayload(Buffer.from(hex, "hex")), hex).toThrow(FormatError);
    }
  });

  test("encodePayload() refuses content types and tombstones that cannot be kept", () => {
    const bytes = Buffer.alloc(1);
    const refuse = (type: string, tombstone: boolean) => () =>
      encodePayload({ contentType: type, tombstone, bytes });
    expect(refuse("a\nb", false)).toThrow(RangeError);
    expect(refuse("x".repeat(256), false)).toThrow(RangeError);
    expect(refuse("", true)).toThrow(RangeError);
  });
});
