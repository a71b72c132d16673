import { FormatError } from "../base/binary.ts";
import { equalBytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Siblings, Versioning } from "../causality/versioning.ts";
import type { Assertions } from "../env/assertions.ts";
import type { Counter } from "../env/metrics.ts";
import type { Engine, WriteOptions } from "../storage/engine.ts";
import { DamageError, StorageError } from "../storage/engine.ts";
import { DiskDoubt } from "./disk-doubt.ts";
import type { LocalActors } from "./local-actors.ts";
import type { Row } from "./row.ts";
import { decodeRow, encodeRow, recordOf } from "./row.ts";

/** Where a row stands. */
export interface Place {
  readonly table: "records" | "hints";
  readonly rowKey: Uint8Array;
  /** The client's key as a byte string. */
  readonly keyText: string;
  /** Whose hint it is; undefined in `records`. */
  readonly owner: NodeId | undefined;
}

/** A row as whoever is about to write finds it. */
export interface FoundRow extends Row {
  /** The last write of the row, where it was under way when the row was read; rejects when it fails. */
  readonly underWay: Promise<void> | undefined;
}

/** Told of every change of a row in `records` at the moment in which it becomes visible. */
export interface RowWatch {
  /** `row` as it is stored, not changed afterwards; undefined: there is none any more. */
  shown(rowKey: Uint8Array, row: Uint8Array | undefined): void;
  /** A change shown before could not be stored: the row is what it was before, or what a later change made of it. */
  lost(rowKey: Uint8Array): void;
}

export interface RowsParts {
  readonly engine: Engine;
  readonly versioning: Versioning;
  readonly actors: LocalActors;
  /** Counts writes that the engine took and then could not store. */
  readonly lost: Counter;
  readonly watch: RowWatch;
  /** Counts reads of rows that the disk has garbled. */
  readonly damaged: Counter;
  readonly assertions: Assertions;
}

/**
 * Reads and writes the rows of one node, and remembers those whose last write is under way: what they show is not
 * durable yet, and may go back to what it was before.
 */
export class Rows {
  /** Whether the disk takes what is minted. */
  readonly doubt: DiskDoubt;
  readonly #engine: Engine;
  readonly #versioning: Versioning;
  readonly #actors: LocalActors;
  readonly #lost: Counter;
  readonly #watch: RowWatch;
  readonly #damaged: Counter;
  readonly #assertions: Assertions;
  readonly #underWay = {
    records: new Map<string, UnderWay>(),
    hints: new Map<string, UnderWay>(),
  } as const;
  #lostCount = 0;

  constructor({ engine, versioning, actors, lost, watch, damaged, assertions }: RowsParts) {
    this.doubt = new DiskDoubt(engine, assertions);
    this.#engine = engine;
    this.#versioning = versioning;
    this.#actors = actors;
    this.#lost = lost;
    this.#watch = watch;
    this.#damaged = damaged;
    this.#assertions = assertions;
  }

  /** Writes that the engine took and then could not store, so far. */
  get lostCount(): number {
    return this.#lostCount;
  }

  /**
   * Record bytes of the row at `rowKey`, a view of it, or undefined where there is no row. Rejects with DamageError where it is
   * damaged: what it held may be what is asked for, so it must not pass for nothing.
   */
  record(table: Place["table"], rowKey: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#engine.get(table, rowKey).then(recordOfStored, this.#countDamage);
  }

  /** The same for whoever is about to write: a damaged row counts as none. */
  async recordToMerge(table: Place["table"], rowKey: Uint8Array): Promise<Uint8Array | undefined> {
    const bytes = await this.#engine.get(table, rowKey).catch(this.#nothingWhereDamaged);
    return recordOfStored(bytes);
  }

  /**
   * The row at a place. Its local actor is left out where a write of it was lost that we have not been told of: an
   * engine shows the row before a failed write a moment before the promise rejects. Who then writes the row, to mint
   * or to merge, must not bring the actor back. To be called under the key's lock: then what is under way at the call is all that
   * the row may rest on, also where it fails before the row is here.
   *
   * A damaged row counts as none, and what is written takes its place: so it is repaired by the first record that comes from
   * others, and a write of this node's own begins it anew under a fresh actor. That is for writers alone.
   */
  read(place: Place): Promise<FoundRow | undefined> {
    const underWay = this.#underWay[place.table].get(idOf(place));
    return this.#engine
      .get(place.table, place.rowKey)
      .then(
        (bytes) => (bytes === undefined ? undefined : this.#rowOf(bytes, underWay)),
        this.#nothingToWriteOver,
      );
  }

  #rowOf(bytes: Uint8Array, underWay: UnderWay | undefined): FoundRow {
    const { localActor, record } = this.#decoded(bytes);
    const isCurrent = underWay === undefined || equalBytes(underWay.bytes, bytes);
    this.#assertions.sometimes(
      "a row was read between a lost write and the news of it",
      !isCurrent,
    );
    return { localActor: isCurrent ? localActor : undefined, record, underWay: underWay?.done };
  }

  #decoded(bytes: Uint8Array): Row {
    try {
      return decodeRow(bytes, this.#versioning.actors);
    } catch (error) {
      throw unreadable(error);
    }
  }

  /** Siblings in a record of this node's own; StorageError where it cannot be read. */
  siblings(record: Uint8Array): Siblings {
    try {
      return this.#versioning.decode(record);
    } catch (error) {
      throw unreadable(error);
    }
  }

  /**
   * Writes a row, visible at once; resolves when it is durable. Where that fails the row's actor is retired before
   * anyone can mint under it again. To be called under the key's lock.
   */
  write(place: Place, row: Row, options?: WriteOptions): Promise<void> {
    const bytes = encodeRow(row);
    const rows = this.#underWay[place.table];
    const id = idOf(place);
    const underWay = { bytes, done: DONE };
    const { lossCount } = this.doubt;
    const end = (): void => {
      if (rows.get(id) === underWay) {
        rows.delete(id);
      }
    };
    const stored = (): void => {
      this.doubt.stored(bytes.length, lossCount);
      end();
    };
    underWay.done = this.#engine
      .write([{ table: place.table, key: place.rowKey, value: bytes }], options)
      .then(stored, (error: unknown) => {
        this.#assertions.sometimes(
          "a write was lost and its actor retired",
          row.localActor !== undefined,
        );
        if (row.localActor !== undefined) {
          this.#actors.retire(row.localActor);
        }
        this.#lostCount += 1;
        this.doubt.lost(bytes.length);
        this.#lost.increment();
        if (place.table === "records") this.#watch.lost(place.rowKey);
        end();
        throw error;
      });
    if (place.table === "records") this.#watch.shown(place.rowKey, bytes);
    rows.set(id, underWay);
    return underWay.done;
  }

  /** Removes a row; resolves when that is durable. Holds the row's lock, so nothing is written meanwhile. */
  remove({ table, rowKey }: Place): Promise<void> {
    // Below a write buffer too: a row that a crash brings back may be what was overtaken since.
    const removal = { table, key: rowKey, value: undefined };
    const removed = this.#engine.write([removal], { durable: true });
    if (table === "hints") return removed;
    this.#watch.shown(rowKey, undefined);
    return removed.catch((error: unknown) => {
      this.#watch.lost(rowKey);
      throw error;
    });
  }

  /** Resolves once no write of a row is under way. */
  async settled(): Promise<void> {
    const { records, hints } = this.#underWay;
    while (records.size + hints.size > 0) await this.#shownSettled();
  }

  /**
   * From now on it watches for writes that are lost, of whatever row. Ask it when the rows have been looked at: it resolves with true once all that they show by then
   * is acknowledged by the engine, or, with `durable`, below its write buffer, and none was lost since. Rejects with StorageError where the buffer cannot be emptied.
   */
  lossWatch({ durable = false }: WriteOptions = {}): LossWatch {
    const before = this.#lostCount;
    return async () => {
      await Promise.all([this.#shownSettled(), durable ? this.#engine.sync?.() : undefined]);
      return this.#lostCount === before;
    };
  }

  /** What is written meanwhile is not waited for. */
  async #shownSettled(): Promise<void> {
    const { records, hints } = this.#underWay;
    const all = [...records.values(), ...hints.values()];
    await Promise.allSettled(all.map(({ done }) => done));
  }

  /** The last write of the row while it is under way; rejects when it fails. */
  underWay(place: Place): Promise<void> | undefined {
    return this.#underWay[place.table].get(idOf(place))?.done;
  }

  readonly #countDamage = (error: unknown): never => {
    if (error instanceof DamageError) {
      this.#damaged.increment();
    }
    throw error;
  };

  readonly #nothingWhereDamaged = (error: unknown): undefined => {
    if (!(error instanceof DamageError)) {
      throw error;
    }
    this.#damaged.increment();
  };

  readonly #nothingToWriteOver = (error: unknown): undefined => {
    this.#nothingWhereDamaged(error);
    this.#assertions.reachable("a damaged row was read to be written over");
  };
}

/** Whether all that rows show is stored, and no write of one was lost since the watch began. */
export type LossWatch = () => Promise<boolean>;

interface UnderWay {
  readonly bytes: Uint8Array;
  done: Promise<void>;
}

const DONE = Promise.resolve();

function recordOfStored(bytes: Uint8Array | undefined): Uint8Array | undefined {
  try {
    return bytes && recordOf(bytes);
  } catch (error) {
    throw unreadable(error);
  }
}

/** Names a row in its table: owner ids hold no slash. */
function idOf({ keyText, owner }: Place): string {
  return owner === undefined ? keyText : `${owner}/${keyText}`;
}

/** Reads stored bytes; StorageError where they are none of ours. */
export function readStored<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(error);
  }
}

/**
 * What is to be thrown where stored bytes were none of ours. No DamageError: the engine vouches for them, so a newer program
 * may have written them, and they are not ours to overwrite.
 */
function unreadable(error: unknown): unknown {
  if (!(error instanceof FormatError)) return error;
  return new StorageError(`Cannot use a stored row: ${error.message}`, { cause: error });
}
