// The store's only door to node:crypto: synchronous, so that a simulation stays in order.
// biome-ignore lint/correctness/noNodejsModules: hashing one byte string at once reads nothing from outside
import { hash, timingSafeEqual } from "node:crypto";
import { Writer } from "./binary.ts";

/** MD5, 16 bytes. The paper's key hash (4.3); good for placement, never for authenticity. */
export function md5(bytes: Uint8Array): Uint8Array {
  return hash("md5", bytes, "buffer");
}

/** The first four bytes of the MD5 as an unsigned number; half the cost of taking all 16. */
export function md5Top32(bytes: Uint8Array): number {
  const digest = hash("md5", bytes, "latin1");
  const low = (digest.charCodeAt(1) << 16) | (digest.charCodeAt(2) << 8) | digest.charCodeAt(3);
  return digest.charCodeAt(0) * 0x1000000 + low;
}

/** SHA-256, or the first so many of its 32 bytes. By way of a string: a digest in a buffer of its own takes twice as long. */
export function sha256(bytes: Uint8Array, sizeBytes = SHA256_BYTES): Uint8Array {
  return Buffer.from(hash("sha256", bytes, "latin1").slice(0, sizeBytes), "latin1");
}

/** SHA-256 as 32 characters, one a byte. */
export function sha256Text(bytes: Uint8Array): string {
  return hash("sha256", bytes, "latin1");
}

/** SHA-256 of a text's UTF-8, in hexadecimal. */
export function sha256Hex(text: string): string {
  return hash("sha256", text, "hex");
}

/** HMAC-SHA256 (RFC 2104), 32 bytes, over the parts one after the other. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return new HmacKey(key).sign(...parts);
}

/**
 * A key for many HMACs (RFC 2104, SHA-256), padded once. Two one-shot hashes cost a third of what `createHmac` does, and
 * every request needs one.
 */
export class HmacKey {
  /** The inner block, and what is signed behind it; one for all messages. */
  readonly #inner = new Writer(HMAC_BLOCK_BYTES + MESSAGE_BYTES_MIN);
  /** The outer block, and room for the inner digest behind it. */
  readonly #outer: Buffer;

  constructor(key: Uint8Array) {
    const blockKey = key.length > HMAC_BLOCK_BYTES ? sha256(key) : key;
    this.#inner.raw(paddedKey(blockKey, 0x36));
    this.#outer = Buffer.concat([paddedKey(blockKey, 0x5c)], HMAC_BLOCK_BYTES + SHA256_BYTES);
  }

  /** 32 bytes, over the parts one after the other. */
  sign(...parts: readonly Uint8Array[]): Uint8Array {
    const message = this.begin();
    for (const part of parts) message.raw(part);
    return this.end(SHA256_BYTES);
  }

  /** Takes what is to be signed, until `end` is called: a message that is written where it is hashed is not copied. */
  begin(): Writer {
    this.#inner.rewind(HMAC_BLOCK_BYTES);
    return this.#inner;
  }

  /** The first so many of the 32 bytes. */
  end(sizeBytes: number): Uint8Array {
    const digest = hash("sha256", this.#inner.written(), "latin1");
    this.#outer.write(digest, HMAC_BLOCK_BYTES, SHA256_BYTES, "latin1");
    return sha256(this.#outer, sizeBytes);
  }
}

const HMAC_BLOCK_BYTES = 64;
const MESSAGE_BYTES_MIN = 512;
const SHA256_BYTES = 32;

function paddedKey(key: Uint8Array, pad: number): Uint8Array {
  const padded = new Uint8Array(HMAC_BLOCK_BYTES).fill(pad);
  for (const [at, byte] of key.entries()) {
    padded[at] = byte ^ pad;
  }
  return padded;
}

/** Equality that takes the same time wherever the first difference lies. */
export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
