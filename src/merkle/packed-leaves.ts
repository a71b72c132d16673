/*
 * Leaves as bytes, one after the other in the order of their places and, for equal places, of their keys:
 *
 *     leaf = place:8 digest:16 length:u16 key
 *
 * 26 bytes a key and the key itself, where an object for each would take four times as much. The keys below one node are one
 * run of them, so any node's hash can be computed from such bytes alone.
 *
 * The hash of a set of keys at a depth depends on nothing else: not on the order in which they came, nor on how a tree
 * stores them. Up to BUCKET_KEYS_MAX keys it is that of their leaves; above, that of the 16 hashes of its parts by digit.
 */
import { sha256Text } from "../base/hash.ts";
import type { Leaf, Place } from "./leaf.ts";
import { DEPTH_MAX, FAN_OUT, HASH_BYTES, NO_HASH } from "./leaf.ts";

/** Keys that are hashed, and sent, as one. More: fewer hashes to keep, and more leaves sent for one that differs. */
export const BUCKET_KEYS_MAX = 32;

const DIGEST_AT = 8;
const LENGTH_AT = DIGEST_AT + HASH_BYTES;
const KEY_AT = LENGTH_AT + 2;

/** A run of leaves. */
export interface Run {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

export function leafSizeBytes(key: Uint8Array): number {
  return KEY_AT + key.length;
}

/** Where the leaf that begins at `at` ends. */
export function leafEnd(bytes: Buffer, at: number): number {
  return (
    at + KEY_AT + (((bytes[at + LENGTH_AT] as number) << 8) | (bytes[at + LENGTH_AT + 1] as number))
  );
}

export function writeLeaf(bytes: Buffer, at: number, place: Place, leaf: Leaf): void {
  bytes.writeUInt32BE(place.high, at);
  bytes.writeUInt32BE(place.low, at + 4);
  writeDigest(bytes, at, leaf.digest);
  bytes.writeUInt16BE(leaf.key.length, at + LENGTH_AT);
  bytes.set(leaf.key, at + KEY_AT);
}

export function writeDigest(bytes: Buffer, at: number, digest: string): void {
  bytes.write(digest, at + DIGEST_AT, HASH_BYTES, "latin1");
}

/** The leaf at `at`; its key is a view. */
function readLeaf(bytes: Buffer, at: number): Leaf {
  return { key: bytes.subarray(at + KEY_AT, leafEnd(bytes, at)), digest: readDigest(bytes, at) };
}

export function readDigest(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", at + DIGEST_AT, at + LENGTH_AT);
}

/** Order of the leaf at `at` against a place and key: negative, 0 or positive. */
export function compareLeaf(bytes: Buffer, at: number, place: Place, key: Uint8Array): number {
  const high = u32At(bytes, at) - place.high;
  if (high !== 0) return high;
  const low = u32At(bytes, at + 4) - place.low;
  return low !== 0 ? low : bytes.compare(key, 0, key.length, at + KEY_AT, leafEnd(bytes, at));
}

/** As `readUInt32BE`, without its checks: a search does little else. */
function u32At(bytes: Buffer, at: number): number {
  return (
    (bytes[at] as number) * 0x1000000 +
    (((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number))
  );
}

export function* leavesOf({ bytes, start, end }: Run): Generator<Leaf> {
  for (let at = start; at < end; at = leafEnd(bytes, at)) yield readLeaf(bytes, at);
}

/** The parts of a run by the digit at this depth, empty ones too; the whole run lies below one node of this depth. */
export function partsOf({ bytes, start, end }: Run, depth: number): readonly Run[] {
  const parts: Run[] = [];
  let at = start;
  for (let digit = 0; digit < FAN_OUT; digit += 1) {
    const partStart = at;
    let count = 0;
    for (; at < end && digitOf(bytes, at, depth) === digit; at = leafEnd(bytes, at)) count += 1;
    parts.push({ bytes, start: partStart, end: at, count });
  }
  return parts;
}

/** The hash of a run below one node of this depth. */
export function hashOfRun(run: Run, depth: number): string {
  if (run.count === 0) return NO_HASH;
  if (run.count <= BUCKET_KEYS_MAX || depth >= DEPTH_MAX) {
    return sha256Text(run.bytes.subarray(run.start, run.end)).slice(0, HASH_BYTES);
  }
  const hashes = new ChildHashes();
  for (const [digit, part] of partsOf(run, depth).entries()) {
    hashes.set(digit, hashOfRun(part, depth + 1));
  }
  return hashes.hash();
}

function digitOf(bytes: Buffer, at: number, depth: number): number {
  const byte = bytes[at + (depth >> 1)] ?? 0;
  return depth % 2 === 0 ? byte >>> 4 : byte & 0xf;
}

/** The hashes of 16 children, and theirs; a first byte keeps them apart from leaves. */
export class ChildHashes {
  readonly #bytes = Buffer.alloc(1 + FAN_OUT * HASH_BYTES);

  constructor() {
    this.#bytes[0] = 1;
  }

  /** All 16, 16 bytes each; a view. */
  get all(): Buffer {
    return this.#bytes.subarray(1);
  }

  set(digit: number, hash: string): void {
    this.#bytes.write(hash, 1 + digit * HASH_BYTES, HASH_BYTES, "latin1");
  }

  hash(): string {
    return sha256Text(this.#bytes).slice(0, HASH_BYTES);
  }
}
