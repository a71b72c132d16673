import { assert } from "../base/assert.ts";
import type { HashTree } from "./hash-tree.ts";
import type { Leaf } from "./leaf.ts";
import { FAN_OUT, NO_HASH } from "./leaf.ts";
import { ChildHashes } from "./packed-leaves.ts";
import type { Subtree } from "./subtree.ts";

/**
 * The trees of all partitions that two nodes have in common as one tree (D-4.7-3), so that equal replicas find out by one
 * node's hashes, however many partitions there are. The trees are numbered in the order of their partitions, which is the
 * same on both nodes, and a tree's place is its number in as many digits as the largest one takes.
 */
export function commonTree(trees: readonly (HashTree | undefined)[]): Subtree {
  let span = 1;
  while (span < trees.length) span *= FAN_OUT;
  return treesBelow(trees, 0, span);
}

function treesBelow(
  trees: readonly (HashTree | undefined)[],
  first: number,
  span: number,
): Subtree {
  return span === 1 ? (trees[first] ?? NO_KEYS) : new Span(trees, first, span);
}

/** `span` trees from number `first` on, a power of the fan-out; the last ones may not exist. */
class Span implements Subtree {
  readonly #trees: readonly (HashTree | undefined)[];
  readonly #first: number;
  readonly #span: number;

  constructor(trees: readonly (HashTree | undefined)[], first: number, span: number) {
    assert(span >= FAN_OUT, "Cannot cut fewer trees than a node has children");
    this.#trees = trees;
    this.#first = first;
    this.#span = span;
  }

  get count(): number {
    let count = 0;
    for (const tree of this.#own()) count += tree?.count ?? 0;
    return count;
  }

  hash(): string {
    return this.count === 0 ? NO_HASH : this.#children().hash();
  }

  childHashes(): Uint8Array {
    return this.#children().all;
  }

  child(digit: number): Subtree {
    const span = this.#span / FAN_OUT;
    return treesBelow(this.#trees, this.#first + digit * span, span);
  }

  *leaves(): Generator<Leaf> {
    for (const tree of this.#own()) if (tree !== undefined) yield* tree.leaves();
  }

  #own(): readonly (HashTree | undefined)[] {
    return this.#trees.slice(this.#first, this.#first + this.#span);
  }

  #children(): ChildHashes {
    const hashes = new ChildHashes();
    for (let digit = 0; digit < FAN_OUT; digit += 1) hashes.set(digit, this.child(digit).hash());
    return hashes;
  }
}

const NO_KEYS: Subtree = {
  count: 0,
  hash: () => NO_HASH,
  childHashes: () => new ChildHashes().all,
  child: () => NO_KEYS,
  leaves: () => [],
};
