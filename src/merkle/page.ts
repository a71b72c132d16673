import type { Leaf, Place } from "./leaf.ts";
import { DEPTH_MAX, digitAt, FAN_OUT } from "./leaf.ts";
import type { Run } from "./packed-leaves.ts";
import {
  BUCKET_KEYS_MAX,
  ChildHashes,
  compareLeaf,
  hashOfRun,
  leafEnd,
  leafSizeBytes,
  leavesOf,
  partsOf,
  readDigest,
  writeDigest,
  writeLeaf,
} from "./packed-leaves.ts";
import type { Subtree } from "./subtree.ts";
import { RunSubtree } from "./subtree.ts";

/**
 * The leaves below one node as one byte string, which takes little memory and is searched from its start. Remembers the hashes
 * of its children, and computes those anew in which something has changed, when it is asked.
 */
export class Page implements Subtree {
  readonly depth: number;
  #bytes: Buffer;
  #length: number;
  /** Where the leaves of each child begin: a search meets those of one child only. */
  readonly #starts: number[];
  #count: number;
  #hash: string | undefined;
  #hashes: ChildHashes | undefined;
  /** One bit for each child. */
  #stale = ALL_STALE;

  constructor(depth: number, { bytes, start, end, count }: Run = NOTHING) {
    this.depth = depth;
    this.#bytes = count === 0 ? NOTHING.bytes : Buffer.from(bytes.subarray(start, end));
    this.#length = end - start;
    this.#count = count;
    this.#starts = depth < DEPTH_MAX ? startsOf(this.run, depth) : [];
  }

  get count(): number {
    return this.#count;
  }

  /** All leaves; good until the next change. */
  get run(): Run {
    return { bytes: this.#bytes, start: 0, end: this.#length, count: this.#count };
  }

  find(place: Place, key: Uint8Array): string | undefined {
    const at = this.#search(place, key);
    return at < 0 ? undefined : readDigest(this.#bytes, at);
  }

  put(place: Place, leaf: Leaf): void {
    const found = this.#search(place, leaf.key);
    if (found >= 0) {
      writeDigest(this.#bytes, found, leaf.digest);
    } else {
      const at = -1 - found;
      this.#makeRoom(at, leafSizeBytes(leaf.key));
      this.#moveStarts(place, leafSizeBytes(leaf.key));
      writeLeaf(this.#bytes, at, place, leaf);
      this.#count += 1;
    }
    this.#changed(place);
  }

  /** Does nothing where there is no such key. */
  remove(place: Place, key: Uint8Array): void {
    const at = this.#search(place, key);
    if (at < 0) return;
    const end = leafEnd(this.#bytes, at);
    this.#bytes.copyWithin(at, end, this.#length);
    this.#length -= end - at;
    this.#moveStarts(place, at - end);
    this.#count -= 1;
    this.#changed(place);
  }

  hash(): string {
    this.#hash ??= this.#isBucket() ? hashOfRun(this.run, this.depth) : this.#children().hash();
    return this.#hash;
  }

  childHashes(): Uint8Array {
    return this.#isBucket()
      ? new RunSubtree(this.run, this.depth).childHashes()
      : this.#children().all;
  }

  child(digit: number): Subtree {
    return new RunSubtree(this.run, this.depth).child(digit);
  }

  leaves(): Iterable<Leaf> {
    return leavesOf(this.run);
  }

  #isBucket(): boolean {
    return this.#count <= BUCKET_KEYS_MAX || this.depth >= DEPTH_MAX;
  }

  #children(): ChildHashes {
    this.#hashes ??= new ChildHashes();
    if (this.#stale !== 0) {
      for (const [digit, part] of partsOf(this.run, this.depth).entries()) {
        if ((this.#stale & (1 << digit)) !== 0) {
          this.#hashes.set(digit, hashOfRun(part, this.depth + 1));
        }
      }
      this.#stale = 0;
    }
    return this.#hashes;
  }

  #changed(place: Place): void {
    this.#hash = undefined;
    this.#stale |= 1 << digitAt(place, this.depth);
  }

  /** Where the leaf of this key begins; -1 and less, where it would, negated, less 1. */
  #search(place: Place, key: Uint8Array): number {
    let at = this.#starts[digitAt(place, this.depth)] ?? 0;
    for (; at < this.#length; at = leafEnd(this.#bytes, at)) {
      const order = compareLeaf(this.#bytes, at, place, key);
      if (order === 0) return at;
      if (order > 0) break;
    }
    return -1 - at;
  }

  /** Of the children behind the one of this place. */
  #moveStarts(place: Place, byBytes: number): void {
    for (let digit = digitAt(place, this.depth) + 1; digit < this.#starts.length; digit += 1) {
      this.#starts[digit] = (this.#starts[digit] ?? 0) + byBytes;
    }
  }

  #makeRoom(at: number, sizeBytes: number): void {
    const length = this.#length + sizeBytes;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.ceil(length * GROWTH));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    this.#bytes.copyWithin(at + sizeBytes, at, this.#length);
    this.#length = length;
  }
}

/** A node begins with an empty page for each partition: there is nothing to search there. */
function startsOf(run: Run, depth: number): number[] {
  if (run.count === 0) return new Array<number>(FAN_OUT).fill(0);
  return partsOf(run, depth).map(({ start }) => start);
}

const ALL_STALE = (1 << FAN_OUT) - 1;
/** A page that grows is copied seldom, and wastes at most this share. */
const GROWTH = 1.125;
const NOTHING: Run = { bytes: Buffer.alloc(0), start: 0, end: 0, count: 0 };
