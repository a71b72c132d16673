import type { Leaf } from "./leaf.ts";
import { DEPTH_MAX } from "./leaf.ts";
import type { Run } from "./packed-leaves.ts";
import { ChildHashes, hashOfRun, leavesOf, partsOf } from "./packed-leaves.ts";

/** All keys below one node of a tree, whether the tree stores such a node or not. Good until the tree changes. */
export interface Subtree {
  /** How many keys. */
  readonly count: number;
  /** 16 characters, one a byte; equal sets of leaves have equal hashes. */
  hash(): string;
  /** The hashes of the 16 children, 16 bytes each; a view. */
  childHashes(): Uint8Array;
  child(digit: number): Subtree;
  /** In an order that is the same on all nodes. Their keys are views. */
  leaves(): Iterable<Leaf>;
}

/** What lies at a path of digits below a subtree. */
export function subtreeAt(top: Subtree, path: Uint8Array): Subtree {
  let subtree = top;
  for (const digit of path) subtree = subtree.child(digit);
  return subtree;
}

/** A run of packed leaves as a subtree; every hash is computed when it is asked for. */
export class RunSubtree implements Subtree {
  readonly #run: Run;
  readonly #depth: number;

  constructor(run: Run, depth: number) {
    this.#run = run;
    this.#depth = depth;
  }

  get count(): number {
    return this.#run.count;
  }

  hash(): string {
    return hashOfRun(this.#run, this.#depth);
  }

  childHashes(): Uint8Array {
    const hashes = new ChildHashes();
    for (const [digit, part] of this.#parts().entries()) {
      hashes.set(digit, hashOfRun(part, this.#depth + 1));
    }
    return hashes.all;
  }

  child(digit: number): Subtree {
    return new RunSubtree(this.#parts()[digit] ?? NOTHING, this.#depth + 1);
  }

  leaves(): Iterable<Leaf> {
    return leavesOf(this.#run);
  }

  /** None below the last digit. */
  #parts(): readonly Run[] {
    return this.#depth < DEPTH_MAX ? partsOf(this.#run, this.#depth) : [];
  }
}

const NOTHING: Run = { bytes: Buffer.alloc(0), start: 0, end: 0, count: 0 };
