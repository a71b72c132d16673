import type { Leaf, Place } from "./leaf.ts";
import { DEPTH_MAX, digitAt, FAN_OUT, placeOf } from "./leaf.ts";
import { ChildHashes, partsOf } from "./packed-leaves.ts";
import { Page } from "./page.ts";
import type { Subtree } from "./subtree.ts";

/**
 * A Merkle tree over the keys of one partition (paper 4.7; D-4.7-2). A change costs a search and makes the hashes on one path
 * from leaf to root stale; they are computed when somebody asks.
 *
 * Small trees are one page. A page that grows over PAGE_KEYS_MAX is cut into 16, one for each child, under a branch. How the
 * leaves are stored changes no hash.
 */
export class HashTree implements Subtree {
  #top: TreeNode = new Page(0);

  get count(): number {
    return this.#top.count;
  }

  /** The digest of a key's leaf, or undefined for none. */
  find(key: Uint8Array): string | undefined {
    return this.#top.find(placeOf(key), key);
  }

  put(leaf: Leaf): void {
    this.#top.put(placeOf(leaf.key), leaf);
    this.#top = grown(this.#top);
  }

  remove(key: Uint8Array): void {
    this.#top.remove(placeOf(key), key);
    this.#top = shrunk(this.#top);
  }

  hash(): string {
    return this.#top.hash();
  }

  childHashes(): Uint8Array {
    return this.#top.childHashes();
  }

  child(digit: number): Subtree {
    return this.#top.child(digit);
  }

  leaves(): Iterable<Leaf> {
    return this.#top.leaves();
  }
}

/** Above that a page becomes a branch: what it takes to search a page stays small. */
const PAGE_KEYS_MAX = 512;
/** A branch of so few keys becomes a page again. More than a bucket holds, so that a branch's hash is always that of its children. */
const BRANCH_KEYS_MIN = PAGE_KEYS_MAX / 2;

type TreeNode = Page | Branch;

class Branch implements Subtree {
  readonly depth: number;
  readonly #children: TreeNode[];
  readonly #hashes = new ChildHashes();
  #count: number;
  #hash: string | undefined;
  #stale = (1 << FAN_OUT) - 1;

  constructor(page: Page) {
    this.depth = page.depth;
    this.#count = page.count;
    this.#children = partsOf(page.run, page.depth).map((part) => new Page(page.depth + 1, part));
  }

  get count(): number {
    return this.#count;
  }

  find(place: Place, key: Uint8Array): string | undefined {
    return this.#childOf(digitAt(place, this.depth)).find(place, key);
  }

  put(place: Place, leaf: Leaf): void {
    this.#change(place, (child) => {
      child.put(place, leaf);
      return grown(child);
    });
  }

  remove(place: Place, key: Uint8Array): void {
    this.#change(place, (child) => {
      child.remove(place, key);
      return shrunk(child);
    });
  }

  hash(): string {
    this.#hash ??= this.#fresh().hash();
    return this.#hash;
  }

  childHashes(): Uint8Array {
    return this.#fresh().all;
  }

  child(digit: number): Subtree {
    return this.#childOf(digit);
  }

  *leaves(): Generator<Leaf> {
    for (const child of this.#children) yield* child.leaves();
  }

  #change(place: Place, change: (child: TreeNode) => TreeNode): void {
    const digit = digitAt(place, this.depth);
    const child = this.#childOf(digit);
    const countBefore = child.count;
    const changed = change(child);
    this.#children[digit] = changed;
    this.#count += changed.count - countBefore;
    this.#stale |= 1 << digit;
    this.#hash = undefined;
  }

  #fresh(): ChildHashes {
    for (let digit = 0; this.#stale !== 0; digit += 1) {
      const bit = 1 << digit;
      if ((this.#stale & bit) === 0) continue;
      this.#hashes.set(digit, this.#childOf(digit).hash());
      this.#stale &= ~bit;
    }
    return this.#hashes;
  }

  #childOf(digit: number): TreeNode {
    const child = this.#children[digit];
    if (child === undefined) throw new RangeError(`Cannot find child ${digit} of a node`);
    return child;
  }
}

function grown(node: TreeNode): TreeNode {
  const isFull = node instanceof Page && node.count > PAGE_KEYS_MAX && node.depth < DEPTH_MAX;
  return isFull ? new Branch(node) : node;
}

function shrunk(node: TreeNode): TreeNode {
  if (node instanceof Page || node.count > BRANCH_KEYS_MIN) return node;
  const page = new Page(node.depth);
  for (const leaf of node.leaves()) page.put(placeOf(leaf.key), leaf);
  return page;
}
