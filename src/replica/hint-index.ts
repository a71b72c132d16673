import type { NodeId } from "../base/ids.ts";

/**
 * Which keys have hint rows, and for whom: a read must include them (D-4.6-5), and nearly no key has any. Keys are
 * byte strings. Grows with the hint rows, two small entries each.
 */
export class HintIndex {
  readonly #ownersByKey = new Map<string, NodeId[]>();
  readonly #countByOwner = new Map<NodeId, number>();
  #count = 0;

  /** Owners of the hint rows of a key; empty for most keys. */
  ownersOf(key: string): readonly NodeId[] {
    return this.#ownersByKey.get(key) ?? NONE;
  }

  /** Records whether the owner has a hint row of the key. */
  set(key: string, owner: NodeId, present: boolean): void {
    const owners = this.ownersOf(key);
    if (owners.includes(owner) === present) {
      return;
    }
    const changed = present ? [...owners, owner] : owners.filter((other) => other !== owner);
    if (changed.length === 0) {
      this.#ownersByKey.delete(key);
    } else {
      this.#ownersByKey.set(key, changed);
    }
    const change = present ? 1 : -1;
    this.#count += change;
    const ownerCount = (this.#countByOwner.get(owner) ?? 0) + change;
    if (ownerCount === 0) {
      this.#countByOwner.delete(owner);
    } else {
      this.#countByOwner.set(owner, ownerCount);
    }
  }

  /** Hint rows by owner, only owners that have some. Changes as hints come and go. */
  get countByOwner(): ReadonlyMap<NodeId, number> {
    return this.#countByOwner;
  }

  get count(): number {
    return this.#count;
  }
}

const NONE: readonly NodeId[] = [];
