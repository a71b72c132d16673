import { bufferOf } from "../base/bytes.ts";
import { BytesMemo } from "../base/bytes-memo.ts";

/**
 * Bytes as a string with one character a byte, for use as a Map key. Such strings compare as their bytes do, so
 * sorting them sorts the bytes.
 */
export function byteString(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("latin1");
}

/** The bytes that `byteString` made `text` of. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/**
 * The strings of byte strings that come up again and again, as keys do: the very same string each time, so that a Map hashes it
 * once.
 */
export class ByteStrings {
  readonly #known = new BytesMemo<string>();

  /** As `byteString`. */
  of(bytes: Uint8Array): string {
    const known = this.#known.find(bytes);
    if (known !== undefined) return known;
    const text = byteString(bytes);
    this.#known.remember(bytes, text);
    return text;
  }
}
