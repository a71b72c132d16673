import type { NodeId } from "../base/ids.ts";
import { byteString } from "../storage/byte-strings.ts";
import type { Engine } from "../storage/engine.ts";
import { parseHintRowKey } from "./row-keys.ts";
import { readStored } from "./rows.ts";

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

/** The index of what earlier lives left, by one scan. Throws StorageError for a row key that is damaged. */
export async function loadHintIndex(engine: Engine): Promise<HintIndex> {
  const hints = new HintIndex();
  let after: Uint8Array | undefined;
  do {
    const limit = SCAN_ENTRIES_MAX;
    const page = await engine.scan("hints", after === undefined ? { limit } : { after, limit });
    for (const { key: rowKey } of page) {
      const { owner, key } = readStored(() => parseHintRowKey(rowKey));
      hints.set(byteString(key), owner, true);
    }
    after = page.length < limit ? undefined : page.at(-1)?.key;
  } while (after !== undefined);
  return hints;
}

const NONE: readonly NodeId[] = [];

/** Most hints one page of the scan at the start asks for. */
const SCAN_ENTRIES_MAX = 1_024;
