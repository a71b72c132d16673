/*
 * Problem: two replicas shall find the keys in which they differ without showing each other all that they have (paper 4.7,
 * D-4.7-3, D-4.7-4). Sketch: one of them walks both trees from the root on. It asks the other for what lies at a few paths
 * at once, compares with its own, and goes on below where they differ; what the other lacks altogether it need not ask for. A
 * node of few keys is answered with its leaves, all others with the hashes of their children, so d differing keys of n cost
 * about d * log(n) answers, and equal trees one.
 *
 * Nothing is frozen meanwhile: a path means the same keys on both sides at any time, and a difference that a write made or
 * mended in between is one that whoever looks at the key finds gone.
 */
import { equalBytes } from "../base/bytes.ts";
import type { Leaf } from "./leaf.ts";
import { DEPTH_MAX, FAN_OUT, HASH_BYTES, NO_HASH } from "./leaf.ts";
import { BUCKET_KEYS_MAX } from "./packed-leaves.ts";
import type { Subtree } from "./subtree.ts";
import { subtreeAt } from "./subtree.ts";

/** What lies at a path: the hashes of 16 children, 16 bytes each, or all leaves where they are few. */
export type NodeAnswer =
  | { readonly kind: "children"; readonly hashes: Uint8Array }
  | { readonly kind: "leaves"; readonly leaves: readonly Leaf[] };

/** A key whose leaves differ, or that only one side has. */
export interface Difference {
  readonly key: Uint8Array;
  readonly holder: "own" | "theirs" | "both";
}

/** The longest path: the number of one of 65,536 trees, and a place in it. */
export const PATH_DIGITS_MAX = 4 + DEPTH_MAX;

/** What one side answers for a path. Good until the tree changes. */
export function answerAt(top: Subtree, path: Uint8Array): NodeAnswer {
  const subtree = subtreeAt(top, path);
  return subtree.count <= BUCKET_KEYS_MAX || path.length >= PATH_DIGITS_MAX
    ? { kind: "leaves", leaves: [...subtree.leaves()] }
    : { kind: "children", hashes: subtree.childHashes() };
}

/** The side that walks. `ask`, have it answered, `take`, and so on; it is over once `ask` gives no path and no difference is left. */
export class Comparison {
  /** Asked for at each step, so that it may change. */
  readonly #own: () => Subtree;
  readonly #pathsMax: number;
  readonly #isOneWay: boolean;
  readonly #open: Open[] = [{ path: NO_DIGITS, isTheirs: true }];
  #differences: Difference[] = [];
  #asked: readonly Uint8Array[] = [];

  /** `isOneWay`: what only the other side has is no difference, and costs nothing however much it is. */
  constructor(own: () => Subtree, pathsMax: number, { isOneWay = false } = {}) {
    this.#own = own;
    this.#pathsMax = pathsMax;
    this.#isOneWay = isOneWay;
  }

  /** The paths to ask for next. None: everything was compared, or the differences found so far are to be taken first. */
  ask(): readonly Uint8Array[] {
    const paths: Uint8Array[] = [];
    while (paths.length < this.#pathsMax && this.#differences.length < DIFFERENCES_HELD_MAX) {
      const next = this.#open.pop();
      if (next === undefined) break;
      if (next.isTheirs) paths.push(next.path);
      else this.#onlyOwn(next.path);
    }
    this.#asked = paths;
    return paths;
  }

  /** The answers to the first of the paths that were asked for; the others are asked for again. */
  take(answers: readonly NodeAnswer[]): void {
    const own = this.#own();
    for (const [at, path] of this.#asked.entries()) {
      const answer = answers[at];
      if (answer === undefined) this.#open.push({ path, isTheirs: true });
      else if (answer.kind === "leaves") this.#compareLeaves(subtreeAt(own, path), answer.leaves);
      else this.#compareChildren(subtreeAt(own, path), path, answer.hashes);
    }
    this.#asked = [];
  }

  /** The differences found since it was asked last. */
  takeDifferences(): readonly Difference[] {
    const found = this.#differences;
    this.#differences = [];
    return found;
  }

  #compareChildren(own: Subtree, path: Uint8Array, theirs: Uint8Array): void {
    // A peer that goes on below the last digit is no tree.
    if (path.length >= PATH_DIGITS_MAX) return;
    const ownHashes = own.childHashes();
    for (let digit = FAN_OUT - 1; digit >= 0; digit -= 1) {
      const start = digit * HASH_BYTES;
      const their = theirs.subarray(start, start + HASH_BYTES);
      const ours = ownHashes.subarray(start, start + HASH_BYTES);
      if (equalBytes(ours, their)) continue;
      if (this.#isOneWay && equalBytes(ours, NO_HASH_BYTES)) continue;
      this.#open.push({
        path: Uint8Array.of(...path, digit),
        isTheirs: !equalBytes(their, NO_HASH_BYTES),
      });
    }
  }

  #compareLeaves(own: Subtree, leaves: readonly Leaf[]): void {
    const theirs = new Map(leaves.map(({ key, digest }) => [textOf(key), { key, digest }]));
    for (const { key, digest } of own.leaves()) {
      const text = textOf(key);
      const their = theirs.get(text);
      theirs.delete(text);
      if (their === undefined) this.#found(key, "own");
      else if (their.digest !== digest) this.#found(key, "both");
    }
    if (this.#isOneWay) return;
    for (const { key } of theirs.values()) this.#found(key, "theirs");
  }

  /** Below this path the other side has nothing. */
  #onlyOwn(path: Uint8Array): void {
    const own = subtreeAt(this.#own(), path);
    if (own.count > BUCKET_KEYS_MAX && path.length < PATH_DIGITS_MAX) {
      for (let digit = 0; digit < FAN_OUT; digit += 1) {
        this.#open.push({ path: Uint8Array.of(...path, digit), isTheirs: false });
      }
    } else {
      for (const { key } of own.leaves()) this.#found(key, "own");
    }
  }

  /** The key is a view of what may change. */
  #found(key: Uint8Array, holder: Difference["holder"]): void {
    this.#differences.push({ key: Buffer.from(key), holder });
  }
}

/** Every key in which two trees of one place differ. */
export function differencesOf(own: Subtree, theirs: Subtree): readonly Difference[] {
  const comparison = new Comparison(() => own, PATHS_AT_ONCE);
  const differences: Difference[] = [];
  for (;;) {
    const paths = comparison.ask();
    comparison.take(paths.map((path) => answerAt(theirs, path)));
    const found = comparison.takeDifferences();
    differences.push(...found);
    if (paths.length === 0 && found.length === 0) return differences;
  }
}

interface Open {
  readonly path: Uint8Array;
  /** False: only this side has anything there. */
  readonly isTheirs: boolean;
}

/** No more is asked for while so many differences wait to be taken. */
const DIFFERENCES_HELD_MAX = 512;
const PATHS_AT_ONCE = 64;
const NO_DIGITS = new Uint8Array(0);
const NO_HASH_BYTES = Buffer.from(NO_HASH, "latin1");

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}
