import { sha256Text } from "../base/hash.ts";

/** One key of a tree, and the digest of what its replica holds. */
export interface Leaf {
  readonly key: Uint8Array;
  /** Of `digestOf`, 16 characters. */
  readonly digest: string;
}

/**
 * Where a key stands in its tree: 64 bits of a SHA-256, read as 16 digits from the root on. Not the MD5 that places keys
 * on the ring: anybody can make any number of keys with one MD5, and they would all hang on one leaf.
 */
export interface Place {
  readonly high: number;
  readonly low: number;
}

/** Children of an inner node. */
export const FAN_OUT = 16;
/** Digits in a place, and so the longest path below a tree's root. */
export const DEPTH_MAX = 16;
/** Bytes of a hash or digest, of a leaf and of a node alike. */
export const HASH_BYTES = 16;
/** The hash of no keys at all. */
export const NO_HASH = "\0".repeat(HASH_BYTES);

export function placeOf(key: Uint8Array): Place {
  const text = sha256Text(key);
  return { high: u32At(text, 0), low: u32At(text, 4) };
}

/** The digit of a place that chooses among the children of a node at this depth. */
export function digitAt({ high, low }: Place, depth: number): number {
  return ((depth < 8 ? high : low) >>> (28 - 4 * (depth % 8))) & 0xf;
}

/** A digest of a record's canonical bytes, one character a byte. */
export function digestOf(canonical: Uint8Array): string {
  return sha256Text(canonical).slice(0, HASH_BYTES);
}

function u32At(text: string, at: number): number {
  const low =
    (text.charCodeAt(at + 1) << 16) | (text.charCodeAt(at + 2) << 8) | text.charCodeAt(at + 3);
  return text.charCodeAt(at) * 0x1000000 + low;
}
