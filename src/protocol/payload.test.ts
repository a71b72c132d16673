import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../base/binary.ts";
import type { PayloadOperations } from "./payload.ts";
import {
  decodeOperations,
  decodePayload,
  encodePayload,
  LISTED_BYTES,
  OPERATION_BYTES,
  TOMBSTONE_PAYLOAD,
  withOperations,
} from "./payload.ts";

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

describe("withOperations()", () => {
  const NONE = new Uint8Array(0);
  const operations: fc.Arbitrary<PayloadOperations> = fc.record({
    own: fc.option(fc.uint8Array({ minLength: OPERATION_BYTES, maxLength: OPERATION_BYTES }), {
      nil: undefined,
    }),
    superseded: fc
      .array(fc.uint8Array({ minLength: LISTED_BYTES, maxLength: LISTED_BYTES }), { maxLength: 40 })
      .map((names) => new Uint8Array(Buffer.concat(names))),
  });
  const payload = fc.oneof(
    fc.constant(TOMBSTONE_PAYLOAD),
    fc.record({ contentType, tombstone: fc.constant(false), bytes: fc.uint8Array() }),
  );

  test("gives what encoding it anew with them gives, whatever was there before", () => {
    fc.assert(
      fc.property(payload, operations, operations, (value, before, after) => {
        const changed = withOperations(encodePayload(value, before), after);
        expect(Buffer.compare(changed, encodePayload(value, after))).toBe(0);
        const read = decodeOperations(changed);
        expect(read.own && new Uint8Array(read.own)).toEqual(after.own);
        expect(new Uint8Array(read.superseded)).toEqual(after.superseded);
      }),
    );
  });

  test("reads over the list of the format before, and drops it", () => {
    const known = Buffer.from(`0104016101${"ab".repeat(16)}ff`, "hex");
    const named = withOperations(known, { own: new Uint8Array(16), superseded: NONE });
    expect(Buffer.from(named).toString("hex")).toBe(`01020161${"00".repeat(16)}ff`);
  });

  test("refuses what is no payload with FormatError, as reading its operations does, and never reads beyond it", () => {
    fc.assert(
      fc.property(payload, operations, fc.nat(), fc.nat(255), (value, before, at, byte) => {
        const bytes = Buffer.from(encodePayload(value, before));
        const cut = bytes.subarray(0, at % bytes.length);
        const bent = Buffer.from(bytes);
        bent[at % bent.length] = byte;
        for (const garbled of [cut, bent]) {
          for (const read of [
            () => decodePayload(garbled),
            () => decodeOperations(garbled),
            () => withOperations(garbled, { own: undefined, superseded: NONE }),
          ]) {
            try {
              read();
            } catch (error) {
              expect(error).toBeInstanceOf(FormatError);
            }
          }
        }
      }),
      { numRuns: 500 },
    );
    const refused = (hex: string) => () =>
      withOperations(Buffer.from(hex, "hex"), { own: undefined, superseded: NONE });
    // Cut short, of another version, with an unknown flag, a list that is cut short, and one of nothing.
    for (const hex of [
      "",
      "0100",
      "020000",
      "011000",
      "0102000000",
      "0108000001aa",
      "01080000",
      "0108000000",
    ]) {
      expect(refused(hex), hex).toThrow(FormatError);
    }
  });

  test.each([1, 12, 8 * 0x1_0000])("refuses a list of %i bytes", (bytes) => {
    const superseded = new Uint8Array(bytes);
    const encoded = encodePayload(TOMBSTONE_PAYLOAD);
    expect(() => withOperations(encoded, { own: undefined, superseded })).toThrow(RangeError);
  });
});
