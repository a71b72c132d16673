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

/** What earlier lives left in the table of hints. */
export interface StoredHints {
  readonly index: HintIndex;
  /** Row keys of hints whose bytes are damaged; they are not in the index. */
  readonly damaged: readonly Uint8Array[];
}

/** Found by one scan. Throws StorageError for a whole row under a key that is none of ours. */
export async function loadHints(engine: Engine): Promise<StoredHints> {
  const index = new HintIndex();
  const damaged: Uint8Array[] = [];
  let after: Uint8Array | undefined;
  do {
    const limit = SCAN_ENTRIES_MAX;
    const page = await engine.scan("hints", after === undefined ? { limit } : { after, limit });
    for (const { key: rowKey, value } of page) {
      if (value === undefined) {
        damaged.push(rowKey);
        continue;
      }
      const { owner, key } = readStored(() => parseHintRowKey(rowKey));
      index.set(byteString(key), owner, true);
    }
    after = page.length < limit ? undefined : page.at(-1)?.key;
  } while (after !== undefined);
  return { index, damaged };
}

const NONE: readonly NodeId[] = [];

/** Most hints one page of the scan at the start asks for. */
const SCAN_ENTRIES_MAX = 1_024;
