import { AssertionError } from "./assert.ts";
import { bufferOf } from "./bytes.ts";
import type { BytesMemo } from "./bytes-memo.ts";

/**
 * The primitives of every binary format here. All are canonical: one value, one form. Numbers are big-endian;
 *
 *     varint  = 7 bits a byte, least significant first, high bit where more follow; at most 2^53-1; no needless byte
 *     bytes   = varint length, that many bytes
 *     ascii   = u8 length, that many bytes below 0x80
 *     utf8    = varint length, that many bytes of well-formed UTF-8
 *
 * Checks here are written out, not `assert`, whose message would be built each time.
 */

/** Bytes that no encoder here can have made: truncated, over a limit, not canonical. An operating error. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

/** Collects a canonical form. Grows as needed; a good capacity saves copying. */
export class Writer {
  #buffer: Buffer;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#buffer = Buffer.allocUnsafe(capacityBytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.#buffer.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32BE(value, at);
  }

  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new AssertionError(`Cannot write ${value} as a varint: it is none of 0 to 2^53-1`);
    }
    let at = this.#reserve(VARINT_SIZE_BYTES_MAX);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[at] = (rest % 0x80) | 0x80;
      at += 1;
      // A shift would cut numbers of more than 32 bits.
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    this.#buffer[at] = rest;
    this.#length = at + 1;
  }

  /** The bytes alone; the reader must know how many. */
  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
  }

  bytes(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  ascii(text: string): void {
    let at = this.#reserve(1 + text.length);
    this.#buffer[at] = text.length;
    let bits = 0;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      bits |= code;
      at += 1;
      this.#buffer[at] = code;
    }
    if (bits >= 0x80 || text.length > 0xff) {
      throw new AssertionError(
        `Cannot write ${JSON.stringify(text)}: it must be ASCII and at most 255 characters long`,
      );
    }
  }

  utf8(text: string): void {
    if (!text.isWellFormed()) {
      throw new AssertionError(`Cannot write ${JSON.stringify(text)}: it has a lone surrogate`);
    }
    const sizeBytes = Buffer.byteLength(text, "utf8");
    this.varint(sizeBytes);
    const at = this.#reserve(sizeBytes);
    this.#buffer.write(text, at, "utf8");
  }

  /** A view of what was written, good until more is. */
  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Forgets what was written behind the first so many bytes. */
  rewind(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /**
   * What was written; the writer must not be used again. Shares memory with Node's buffer pool: whoever keeps many small
   * results for long should copy them.
   */
  finish(): Uint8Array {
    return this.written();
  }

  /** Makes room, counts it as written, and tells where it begins. */
  #reserve(sizeBytes: number): number {
    const at = this.#length;
    const needed = at + sizeBytes;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
    }
    this.#length = needed;
    return at;
  }
}

/**
 * Takes a canonical form apart. Every method throws FormatError where the bytes end too early or are not canonical. What it
 * hands out shares memory with the input; nothing is allocated for a length that the input does not hold.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at: number;

  /** `what` names the thing in errors, as in "Cannot read a record: …"; what stands before `at` was read by others. */
  constructor(bytes: Uint8Array, what: string, at = 0) {
    this.#bytes = bytes;
    this.#what = what;
    this.#at = at;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) {
      return this.fail("it ends too early");
    }
    this.#at += 1;
    return value;
  }

  u16(): number {
    const high = this.u8();
    return high * 0x100 + this.u8();
  }

  u32(): number {
    const high = this.u16();
    return high * 0x10000 + this.u16();
  }

  varint(max = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let weight = 1;
    for (let index = 0; index < VARINT_SIZE_BYTES_MAX; index += 1) {
      const byte = this.u8();
      value += (byte & 0x7f) * weight;
      weight *= 0x80;
      if (byte < 0x80) {
        if (byte === 0 && index > 0) {
          return this.fail("a number has a needless byte");
        }
        return value <= max ? value : this.fail(`${value} is over the limit of ${max}`);
      }
    }
    return this.fail("a number is longer than 53 bits");
  }

  raw(sizeBytes: number): Uint8Array {
    const start = this.#skip(sizeBytes);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, sizeBytes);
  }

  /** Leaves so many bytes unread. */
  skip(sizeBytes: number): void {
    this.#skip(sizeBytes);
  }

  /** As many bytes as pairs of lower-case hexadecimal digits. */
  hex(sizeBytes: number): string {
    const start = this.#skip(sizeBytes);
    return bufferOf(this.#bytes).toString("hex", start, this.#at);
  }

  bytes(sizeBytesMax: number): Uint8Array {
    return this.raw(this.varint(sizeBytesMax));
  }

  ascii(lengthMax = 0xff): string {
    const length = this.u8();
    if (length > lengthMax) {
      return this.fail(`a text of ${length} characters is over the limit of ${lengthMax}`);
    }
    if (length === 0) return "";
    const start = this.#skip(length);
    let bits = 0;
    for (let at = start; at < this.#at; at += 1) {
      bits |= this.#bytes[at] as number;
    }
    return bits < 0x80
      ? bufferOf(this.#bytes).toString("latin1", start, this.#at)
      : this.fail("a text is not ASCII");
  }

  /** The text that `ascii` would give, where it is known; otherwise undefined, and nothing was read. */
  knownAscii<Text extends string>(texts: BytesMemo<Text>): Text | undefined {
    return this.#known(texts, this.#at + 1, this.#bytes[this.#at] ?? 0);
  }

  /** What the next bytes stand for, where it is known; otherwise undefined, and nothing was read. */
  known<Value>(values: BytesMemo<Value>, sizeBytes: number): Value | undefined {
    return this.#known(values, this.#at, sizeBytes);
  }

  #known<Value>(values: BytesMemo<Value>, start: number, sizeBytes: number): Value | undefined {
    const end = start + sizeBytes;
    const value = end > this.#bytes.length ? undefined : values.find(this.#bytes, start, end);
    if (value !== undefined) this.#at = end;
    return value;
  }

  utf8(sizeBytesMax: number): string {
    const start = this.#skip(this.varint(sizeBytesMax));
    const bytes = bufferOf(this.#bytes);
    const text = bytes.toString("utf8", start, this.#at);
    // Decoding replaces what is malformed, so only well-formed bytes come back the same.
    return Buffer.from(text, "utf8").equals(bytes.subarray(start, this.#at))
      ? text
      : this.fail("a text is not well-formed UTF-8");
  }

  /** Checks that nothing follows. */
  end(): void {
    if (this.remaining > 0) {
      this.fail(`${this.remaining} bytes follow its end`);
    }
  }

  /** Refuses the input. */
  fail(reason: string): never {
    throw new FormatError(`Cannot read ${this.#what} of ${this.#bytes.length} bytes: ${reason}`);
  }

  /** Moves on if that much is left, and tells from where. */
  #skip(sizeBytes: number): number {
    if (sizeBytes > this.remaining) {
      return this.fail(`${sizeBytes} bytes are announced and ${this.remaining} are left`);
    }
    const start = this.#at;
    this.#at += sizeBytes;
    return start;
  }
}

/** 8 bytes hold 56 bits; what is over 2^53-1 is refused on top. */
const VARINT_SIZE_BYTES_MAX = 8;
