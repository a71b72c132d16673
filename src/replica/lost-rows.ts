import type { Versioning } from "../causality/versioning.ts";
import { digestOf } from "../merkle/leaf.ts";
import { byteString } from "../storage/byte-strings.ts";
import type { Engine } from "../storage/engine.ts";
import { keyOfRecordRow, partitionOfRecordRow, recordRowKey } from "./row-keys.ts";
import type { Place, Rows } from "./rows.ts";
import { readStored } from "./rows.ts";

export interface LostRowsParts {
  readonly engine: Engine;
  readonly versioning: Versioning;
  readonly rows: Rows;
  readonly placeOf: (key: Uint8Array) => Place;
  /** Runs `change` while nobody else changes the key. */
  readonly locked: <T>(keyText: string, change: () => Promise<T>) => Promise<T>;
}

/** Which rows of a range may go. */
export interface DropOrder {
  readonly partition: number;
  /** By key, as a byte string: the digest of the record that every owner has, as leaves of hash trees have it. */
  readonly handedOver: ReadonlyMap<string, string>;
  /** Asked immediately before each removal: false where the range may have come back. */
  readonly isStillLost: () => boolean;
}

export interface DroppedPage {
  readonly droppedCount: number;
  /** Rows that stay: not handed over, or written since, or none of this program's. */
  readonly keptCount: number;
  /** Where the next page goes on; undefined: this was the last one. */
  readonly after: Uint8Array | undefined;
}

/**
 * Rows of ranges that a node does not own any more, and their going once the owners have what they hold (paper 4.9, D-4.9-4). That is no
 * delete: nothing is left in their place, hints stay, and the key's next row here gets a fresh actor, as any new row does (K-6).
 */
export class LostRows {
  readonly #parts: LostRowsParts;

  constructor(parts: LostRowsParts) {
    this.#parts = parts;
  }

  /** The partition of the first row of all; undefined where the node has no row. Rejects with StorageError. */
  async firstPartition(): Promise<number | undefined> {
    const [first] = await this.#parts.engine.scan("records", { limit: 1 });
    return first && partitionOfRecordRow(first.key);
  }

  /** Looks at up to `limit` rows; resolves when the removals are durable. Rejects with StorageError: then some of them may be. */
  async dropPage(
    order: DropOrder,
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<DroppedPage> {
    const prefix = recordRowKey(order.partition, NO_KEY);
    const entries = await this.#parts.engine.scan(
      "records",
      after === undefined ? { prefix, limit } : { prefix, after, limit },
    );
    const ends = await Promise.allSettled(
      entries.map(({ key, value }) => this.#drop(order, keyOfRecordRow(key), value === undefined)),
    );
    let droppedCount = 0;
    for (const end of ends) {
      if (end.status === "rejected") throw end.reason;
      droppedCount += Number(end.value);
    }
    return {
      droppedCount,
      keptCount: entries.length - droppedCount,
      after: entries.length < limit ? undefined : entries.at(-1)?.key,
    };
  }

  /** False where the row stays. A damaged one holds nothing that anybody could have. */
  #drop(order: DropOrder, key: Uint8Array, isDamaged: boolean): Promise<boolean> {
    const { rows, placeOf, locked } = this.#parts;
    const place = placeOf(key);
    return locked(place.keyText, async () => {
      // What is under way has not been compared, or may fail and leave what was there before.
      if (rows.underWay(place) !== undefined) return false;
      const row = await rows.read(place);
      const isHandedOver =
        row === undefined
          ? isDamaged
          : this.#digestOf(row.record) === order.handedOver.get(byteString(key));
      if (!isHandedOver || !order.isStillLost()) return false;
      await rows.remove(place);
      return true;
    });
  }

  #digestOf(record: Uint8Array): string {
    return readStored(() => digestOf(this.#parts.versioning.fingerprintBytes(record)));
  }
}

const NO_KEY = new Uint8Array(0);
