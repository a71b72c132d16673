import { md5, md5Top32 } from "./hash.ts";

/** A key's place on the circle of 2^128: its MD5, 16 bytes, most significant first (paper 4.3, D-4.1-5). */
export function positionOf(key: Uint8Array): Uint8Array {
  return md5(key);
}

/**
 * The upper 32 bits of the position as a number in [0, 2^32). Enough for every boundary that is a multiple of 2^96, and
 * small enough for exact arithmetic with numbers.
 */
export function positionTop32(key: Uint8Array): number {
  return md5Top32(key);
}
