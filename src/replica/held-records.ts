import { bufferOf, equalBytes } from "../base/bytes.ts";
import { BytesMemo } from "../base/bytes-memo.ts";
import type { NodeId } from "../base/ids.ts";
import type { Siblings, Versioning } from "../causality/versioning.ts";
import type { Assertions } from "../env/assertions.ts";
import type { Ring } from "../ring/ring.ts";
import { byteString } from "../storage/byte-strings.ts";
import type { HintRows } from "./hint-rows.ts";
import { hintRowKey, recordRowKey } from "./row-keys.ts";
import type { Place, Rows } from "./rows.ts";

export interface HeldRecordsParts {
  readonly nodeId: NodeId;
  readonly versioning: Versioning;
  readonly ring: () => Ring;
  readonly rows: Rows;
  readonly hints: HintRows;
  readonly assertions: Assertions;
}

/** What a node holds of a key, in its own row and in those that it keeps for others (D-4.6-5). Changes nothing. */
export class HeldRecords {
  readonly #parts: HeldRecordsParts;
  /** Where keys that come up again and again have their own rows: the very same strings and bytes each time. */
  readonly #ownPlaces = new BytesMemo<Place>();

  constructor(parts: HeldRecordsParts) {
    this.#parts = parts;
  }

  /** Canonical bytes of the node's own row of the key; undefined for none. */
  own(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#parts.rows.record("records", this.#ownPlaceOf(key).rowKey);
  }

  /**
   * Canonical bytes of everything; undefined for nothing. Beside a whole row of its own a damaged hint is left out, as of
   * `HintRows.recordBeside`.
   */
  all(key: Uint8Array): Promise<Uint8Array | undefined> {
    const { hints, rows } = this.#parts;
    const place = this.#ownPlaceOf(key);
    const owners = hints.ownersOf(place.keyText);
    return owners.length === 0
      ? rows.record(place.table, place.rowKey)
      : this.#withHints(key, owners);
  }

  /** Where the node keeps the key, or keeps it for another node. */
  placeOf(key: Uint8Array, hintFor: NodeId | undefined): Place {
    const own = this.#ownPlaceOf(key);
    return hintFor === undefined || hintFor === this.#parts.nodeId
      ? own
      : this.#parts.hints.placeOf(hintFor, key, own.keyText);
  }

  #ownPlaceOf(key: Uint8Array): Place {
    const known = this.#ownPlaces.find(key);
    if (known !== undefined) return known;
    const place: Place = {
      table: "records",
      // Of its own memory: kept for long, it would keep a whole slab of Node's pool.
      rowKey: bufferOf(new Uint8Array(recordRowKey(this.#parts.ring().partitionOf(key), key))),
      keyText: byteString(key),
      owner: undefined,
    };
    this.#ownPlaces.remember(key, place);
    return place;
  }

  /** True where it is certain that nothing is held outside `place`. */
  isOnlyPlace({ table, keyText }: Place): boolean {
    return table === "records" && this.#parts.hints.ownersOf(keyText).length === 0;
  }

  /** What is held of the key outside `place`. To be called under the key's lock. */
  async outside(place: Place, key: Uint8Array): Promise<readonly Uint8Array[]> {
    const { rows, hints } = this.#parts;
    const places: Place[] = hints
      .ownersOf(place.keyText)
      .map((owner) => hints.placeOf(owner, key, place.keyText));
    places.unshift(this.placeOf(key, undefined));
    const records: Uint8Array[] = [];
    for (const { table, rowKey, owner } of places) {
      const record = owner === place.owner ? undefined : await rows.recordToMerge(table, rowKey);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  /** The join of records, `first` first where it is one; that of none is empty. */
  merged(first: Uint8Array | undefined, records: readonly Uint8Array[]): Siblings {
    const { versioning, rows } = this.#parts;
    let merged = first && rows.siblings(first);
    for (const record of records) {
      const siblings = rows.siblings(record);
      merged = merged === undefined ? siblings : versioning.merge(merged, siblings);
    }
    return merged ?? versioning.empty;
  }

  async #withHints(key: Uint8Array, owners: readonly NodeId[]): Promise<Uint8Array | undefined> {
    const { assertions, hints, ring, versioning } = this.#parts;
    const partition = ring().partitionOf(key);
    const record = await this.own(key);
    const records = record === undefined ? [] : [record];
    for (const owner of owners) {
      const hinted = await hints.recordBeside(record, owner, hintRowKey(owner, partition, key));
      if (hinted === undefined) continue;
      assertions.reachable("a replica's answer included a hint");
      if (!records.some((other) => equalBytes(other, hinted))) records.push(hinted);
    }
    return records.length < 2 ? records[0] : versioning.encode(this.merged(undefined, records));
  }
}
