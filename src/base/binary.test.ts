import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AssertionError } from "./assert.ts";
import { FormatError, Reader, Writer } from "./binary.ts";

type Field =
  | { readonly kind: "u8" | "u16" | "u32" | "varint"; readonly value: number }
  | { readonly kind: "bytes" | "raw"; readonly value: Uint8Array }
  | { readonly kind: "ascii" | "utf8"; readonly value: string };

const fields = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("u8" as const), value: fc.nat({ max: 0xff }) }),
    fc.record({ kind: fc.constant("u16" as const), value: fc.nat({ max: 0xffff }) }),
    fc.record({ kind: fc.constant("u32" as const), value: fc.nat({ max: 0xffffffff }) }),
    fc.record({ kind: fc.constant("varint" as const), value: fc.maxSafeNat() }),
    fc.record({ kind: fc.constantFrom("bytes", "raw"), value: fc.uint8Array() }),
    fc.record({
      kind: fc.constant("ascii" as const),
      value: fc.string({ unit: "binary-ascii", maxLength: 255 }),
    }),
    fc.record({ kind: fc.constant("utf8" as const), value: fc.string({ unit: "binary" }) }),
  ),
);

function write(writer: Writer, field: Field): void {
  switch (field.kind) {
    case "bytes":
    case "raw":
      writer[field.kind](field.value);
      break;
    case "ascii":
    case "utf8":
      writer[field.kind](field.value);
      break;
    default:
      writer[field.kind](field.value);
  }
}

function read(reader: Reader, field: Field): unknown {
  switch (field.kind) {
    case "raw":
      return reader.raw(field.value.length);
    case "bytes":
    case "utf8":
      return reader[field.kind](1_000);
    default:
      return reader[field.kind]();
  }
}

function varintBytes(value: number): Uint8Array {
  const writer = new Writer();
  writer.varint(value);
  return Uint8Array.from(writer.finish());
}

function reader(...bytes: number[]): Reader {
  return new Reader(Uint8Array.from(bytes), "a test");
}

describe("Writer and Reader", () => {
  it("give back every sequence of fields, whatever the first capacity", () => {
    fc.assert(
      fc.property(fields, fc.nat({ max: 300 }), (sequence, capacity) => {
        const writer = new Writer(capacity);
        for (const field of sequence) {
          write(writer, field as Field);
        }
        const bytes = writer.finish();
        expect(bytes.length).toBe(writer.length);
        const back = new Reader(bytes, "a test");
        for (const field of sequence) {
          expect(read(back, field as Field)).toEqual(field.value);
        }
        back.end();
      }),
    );
  });

  it("read no more than is there", () => {
    fc.assert(
      fc.property(fields, fc.nat(), (sequence, cut) => {
        const writer = new Writer();
        for (const field of sequence) {
          write(writer, field as Field);
        }
        const bytes = writer.finish();
        if (bytes.length === 0) {
          return;
        }
        const back = new Reader(bytes.subarray(0, cut % bytes.length), "a test");
        expect(() => {
          for (const field of sequence) {
            read(back, field as Field);
          }
        }).toThrow(FormatError);
      }),
    );
  });

  it("write numbers big-endian and varints in groups of 7 bits, the least first", () => {
    const writer = new Writer();
    writer.u16(0x0102);
    writer.u32(0x03040506);
    expect([...writer.finish()]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...varintBytes(0)]).toEqual([0]);
    expect([...varintBytes(127)]).toEqual([127]);
    expect([...varintBytes(128)]).toEqual([0x80, 1]);
    expect([...varintBytes(300)]).toEqual([0xac, 2]);
    expect([...varintBytes(2 ** 53 - 1)]).toEqual([...new Array<number>(7).fill(0xff), 0x0f]);
  });
});

describe("Writer", () => {
  it("refuses what has no canonical form", () => {
    expect(() => varintBytes(-1)).toThrow(AssertionError);
    expect(() => varintBytes(1.5)).toThrow(AssertionError);
    expect(() => varintBytes(2 ** 53)).toThrow(AssertionError);
    expect(() => new Writer().ascii("é")).toThrow(AssertionError);
    expect(() => new Writer().ascii("x".repeat(256))).toThrow(AssertionError);
    expect(() => new Writer().utf8("\ud800")).toThrow(AssertionError);
  });
});

describe("Reader", () => {
  it("refuses varints with a needless byte, of more than 53 bits, or over the limit", () => {
    expect(() => reader(0x80, 0).varint()).toThrow(/needless/);
    expect(() => reader(...new Array<number>(7).fill(0xff), 0x10).varint()).toThrow(/limit/);
    expect(() => reader(...new Array<number>(9).fill(0xff)).varint()).toThrow(/53 bits/);
    expect(() => reader(8).varint(7)).toThrow("8 is over the limit of 7");
    expect(() => reader(0x80).varint()).toThrow(/too early/);
  });

  it("refuses announced lengths over the limit or over what is left", () => {
    expect(() => reader(3, 1, 2, 3).bytes(2)).toThrow(/limit of 2/);
    expect(() => reader(3, 1, 2).bytes(9)).toThrow("3 bytes are announced and 2 are left");
    expect(() => reader(3, 97, 97, 97).ascii(2)).toThrow(/limit of 2/);
  });

  it("refuses texts that are not ASCII or not UTF-8", () => {
    expect(() => reader(1, 0x80).ascii()).toThrow(/ASCII/);
    for (const malformed of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
      expect(() => reader(malformed.length, ...malformed).utf8(9)).toThrow(/UTF-8/);
    }
  });

  it("keeps a leading byte order mark and the replacement character", () => {
    for (const text of ["\ufeffa", "\ufffd"]) {
      const writer = new Writer();
      writer.utf8(text);
      expect(new Reader(writer.finish(), "a test").utf8(9)).toBe(text);
    }
  });

  it("end() names what it read and what follows", () => {
    expect(() => reader(1, 2).end()).toThrow(
      "Cannot read a test of 2 bytes: 2 bytes follow its end",
    );
  });

  it("hands out views of its input", () => {
    const input = Uint8Array.from([2, 7, 8]);
    const view = new Reader(input, "a test").bytes(9);
    expect(view.buffer).toBe(input.buffer);
  });
});
