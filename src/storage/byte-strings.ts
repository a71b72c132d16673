import { bufferOf } from "../base/bytes.ts";

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
