import type { NodeId } from "../base/ids.ts";
import { byteString } from "../storage/byte-strings.ts";
import type { Engine } from "../storage/engine.ts";
import { parseHintRowKey } from "./row-keys.ts";
import { readStored } from "./rows.ts";

/**
 * Which keys have hint rows, for whom, and of what size: a read must include them (D-4.6-5), and nearly no key has any. Keys are
 * byte strings. Grows with the hint rows, which are bounded (`hint-room.ts`), by two small entries each.
 */
export class HintIndex {
  readonly #entriesByKey = new Map<string, readonly Entry[]>();
  readonly #countByOwner = new Map<NodeId, number>();
  #count = 0;
  #sizeBytes = 0;

  /** Owners of the hint rows of a key; empty for most keys. */
  ownersOf(key: string): readonly NodeId[] {
    return this.#entriesByKey.get(key)?.map(({ owner }) => owner) ?? NONE;
  }

  /** Bytes of the owner's hint row of the key, its row key included; undefined where there is none. */
  sizeOf(key: string, owner: NodeId): number | undefined {
    return this.#entriesByKey.get(key)?.find((entry) => entry.owner === owner)?.sizeBytes;
  }

  /** Records that the owner has a hint row of the key of so many bytes, row key included; undefined: that it has none. */
  set(key: string, owner: NodeId, sizeBytes: number | undefined): void {
    const before = this.sizeOf(key, owner);
    if (before === sizeBytes) {
      return;
    }
    const others = (this.#entriesByKey.get(key) ?? []).filter((entry) => entry.owner !== owner);
    const changed = sizeBytes === undefined ? others : [...others, { owner, sizeBytes }];
    if (changed.length === 0) {
      this.#entriesByKey.delete(key);
    } else {
      this.#entriesByKey.set(key, changed);
    }
    this.#sizeBytes += (sizeBytes ?? 0) - (before ?? 0);
    this.#countOne(owner, Number(sizeBytes !== undefined) - Number(before !== undefined));
  }

  /** Hint rows by owner, only owners that have some. Changes as hints come and go. */
  get countByOwner(): ReadonlyMap<NodeId, number> {
    return this.#countByOwner;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of all hint rows, row keys included. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  #countOne(owner: NodeId, change: number): void {
    this.#count += change;
    const ownerCount = (this.#countByOwner.get(owner) ?? 0) + change;
    if (ownerCount === 0) {
      this.#countByOwner.delete(owner);
    } else {
      this.#countByOwner.set(owner, ownerCount);
    }
  }
}

interface Entry {
  readonly owner: NodeId;
  readonly sizeBytes: number;
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
    const limit = PAGE_HINTS_MAX;
    const page = await engine.scan("hints", after === undefined ? { limit } : { after, limit });
    for (const { key: rowKey, value } of page) {
      if (value === undefined) {
        damaged.push(rowKey);
        continue;
      }
      const { owner, key } = readStored(() => parseHintRowKey(rowKey));
      index.set(byteString(key), owner, rowKey.length + value.length);
    }
    after = page.length < limit ? undefined : page.at(-1)?.key;
  } while (after !== undefined);
  return { index, damaged };
}

/** Removes these rows, page by page, and tells `removed` how many whenever some are gone. Below a write buffer they may be back after a crash, and go again. Rejects with StorageError. */
export async function removeHints(
  engine: Engine,
  rowKeys: readonly Uint8Array[],
  removed: (count: number) => void,
): Promise<void> {
  for (let at = 0; at < rowKeys.length; at += PAGE_HINTS_MAX) {
    const page = rowKeys.slice(at, at + PAGE_HINTS_MAX);
    await engine.write(page.map((key) => ({ table: "hints", key, value: undefined })));
    removed(page.length);
  }
}

const NONE: readonly NodeId[] = [];

/** Most hints that one scan at the start asks for, and one batch removes. */
const PAGE_HINTS_MAX = 1_024;
