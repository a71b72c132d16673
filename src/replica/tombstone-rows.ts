import { FormatError } from "../base/binary.ts";
import { equalBytes } from "../base/bytes.ts";
import { md5 } from "../base/hash.ts";
import type { Versioning } from "../causality/versioning.ts";
import type { Assertions } from "../env/assertions.ts";
import type { Holding } from "../protocol/messages.ts";
import { shownVersions } from "../protocol/operations.ts";
import { isTombstonePayload } from "../protocol/payload.ts";
import type { Engine } from "../storage/engine.ts";
import { recordOf } from "./row.ts";
import { keyOfRecordRow } from "./row-keys.ts";
import type { Place, Rows } from "./rows.ts";

/** A key of which this node holds nothing but tombstones. */
export interface Tombstone {
  readonly key: Uint8Array;
  readonly record: Uint8Array;
  /** Of `record`, as nodes compare what they hold. */
  readonly digest: Uint8Array;
}

export interface TombstonePage {
  readonly tombstones: readonly Tombstone[];
  /** Where the next page goes on; undefined: this was the last one. */
  readonly after: Uint8Array | undefined;
}

export interface TombstoneRowsParts {
  readonly engine: Engine;
  readonly versioning: Versioning;
  readonly rows: Rows;
  readonly assertions: Assertions;
  readonly placeOf: (key: Uint8Array) => Place;
  /** True where the node keeps the key for another node. */
  readonly isHinted: (keyText: string) => boolean;
  /** True where the node did so less than a grace ago, or may have. */
  readonly wasHinted: (keyText: string) => boolean;
  /** Runs `change` while nobody else changes the key. */
  readonly locked: <T>(keyText: string, change: () => Promise<T>) => Promise<T>;
}

/** The rows of a node that hold tombstones only, and their removal (D-4.1-8; architecture, "Deletes"). */
export class TombstoneRows {
  readonly #parts: TombstoneRowsParts;

  constructor(parts: TombstoneRowsParts) {
    this.#parts = parts;
  }

  /** Reads up to `limit` of the node's own rows and keeps those that are tombstones only. Damaged ones it leaves to others. */
  async scan(after: Uint8Array | undefined, limit: number): Promise<TombstonePage> {
    const { engine, versioning } = this.#parts;
    const entries = await engine.scan(
      "records",
      after === undefined ? { limit } : { after, limit },
    );
    const tombstones: Tombstone[] = [];
    for (const { key: rowKey, value } of entries) {
      const record = value && readableTombstones(versioning, value);
      if (record !== undefined) {
        tombstones.push({ key: keyOfRecordRow(rowKey), record, digest: this.#digestOf(record) });
      }
    }
    return { tombstones, after: entries.length < limit ? undefined : entries.at(-1)?.key };
  }

  /** Rejects with StorageError where the row cannot be read. */
  holding(key: Uint8Array, digest: Uint8Array): Promise<Holding> {
    const place = this.#parts.placeOf(key);
    return this.#parts.locked(place.keyText, () => this.#holding(place, digest));
  }

  /**
   * Removes the node's own row of the key where it is that record and nothing else is held of the key. Resolves, when the
   * removal is durable, with what was held before. `refuseLate` is called right before that, and throws where nobody waits any more.
   */
  remove(key: Uint8Array, digest: Uint8Array, refuseLate: () => void = () => {}): Promise<Holding> {
    const place = this.#parts.placeOf(key);
    return this.#parts.locked(place.keyText, async () => {
      const holding = await this.#holding(place, digest);
      if (holding === "same") {
        refuseLate();
        await this.#parts.rows.remove(place);
      }
      return holding;
    });
  }

  /** Without the timestamps of clocks, in which replicas may differ for good. */
  #digestOf(record: Uint8Array): Uint8Array {
    return md5(this.#parts.versioning.fingerprintBytes(record));
  }

  /**
   * A hint, or a write that is not durable yet, is something else: the node cannot promise that it holds just this. So is a hint
   * that has just gone, for copies of it may be late.
   */
  async #holding(place: Place, digest: Uint8Array): Promise<Holding> {
    const { engine, rows, isHinted, wasHinted, assertions } = this.#parts;
    if (wasHinted(place.keyText)) {
      assertions.reachable("tombstones waited since a hint may have gone a moment ago");
      return "other";
    }
    if (isHinted(place.keyText) || rows.underWay(place) !== undefined) return "other";
    const row = await rows.read(place);
    if (row === undefined) return "none";
    if (!equalBytes(this.#digestOf(row.record), digest)) return "other";
    // What is in memory only a crash would turn back to what was deleted.
    if (engine.buffered === true) await rows.write(place, row, { durable: true });
    return "same";
  }
}

/** The record of a row that is tombstones only, but for what they superseded under another dot. */
function readableTombstones(versioning: Versioning, row: Uint8Array): Uint8Array | undefined {
  try {
    const record = recordOf(row);
    const shown = shownVersions(versioning.decode(record).payloads, versioning.mode);
    return shown.length > 0 && shown.every(isTombstonePayload) ? record : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
