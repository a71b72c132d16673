import { assert } from "../../../../src/base/assert.ts";
import type { SeededRandom } from "../../../../src/base/seeded-random.ts";
import { ByteStrings, bytesOf } from "../../../../src/storage/byte-strings.ts";
import type { Entry, ScanOptions, TableName, Write } from "../../../../src/storage/engine.ts";
import { DamageError } from "../../../../src/storage/engine.ts";
import type { RowState } from "../observer.ts";
import { DiskLog } from "./disk-log.ts";
import type { LogEntry, StoredValue } from "./log-format.ts";
import { isIntact, readGroup, sealOf, sealsMatch, valueIn } from "./log-format.ts";
import { StoredRows } from "./stored-rows.ts";
import { tearTail } from "./tear-tail.ts";

/** How often something happened on a disk, for those who want to know that it does happen. */
export interface DiskCounts {
  /** Groups that a recovery found torn and dropped, with what followed them. */
  readonly tornGroups: number;
  /** Reads that found their value damaged. */
  readonly damagedReads: number;
  /** Times the log was written anew with what is still there. */
  readonly checkpoints: number;
}

/** One row that is there. */
interface StoredRow extends RowState {
  readonly value: Uint8Array;
}

/**
 * A log of commit groups and the index of the rows in it. Once a bit of the log was flipped, values are read from it and checked
 * each time: until then they are what was sealed, and read once at most. The index is built from the log alone, so that what a crash leaves is what
 * recovery can read, and not what anybody remembers.
 */
export class Medium {
  readonly #log = new DiskLog();
  #rows = new StoredRows();
  readonly #texts = new ByteStrings();
  /** Some value may not be what was written, here or in a snapshot that comes back. */
  #isHarmed = false;
  #counts: DiskCounts = { tornGroups: 0, damagedReads: 0, checkpoints: 0 };

  get counts(): DiskCounts {
    return this.#counts;
  }

  /** Adds a group; it is not synced. */
  append(writes: readonly Write[]): void {
    const seals = sealsOf(writes);
    let at = this.#log.append(writes, seals);
    for (let index = 0; index < writes.length; index += 1) {
      const { table, key, value } = writes[index] as Write;
      const sizeBytes = value === undefined ? 0 : value.length;
      const stored = value && { at, sizeBytes, seal: seals[index] as number, known: value };
      this.#rows.set(table, this.#texts.of(key), stored);
      at += sizeBytes;
    }
  }

  /** Makes all that was written durable. */
  sync(): void {
    this.#log.sync();
  }

  /** Writes the log anew where most of it is out of date; it is as durable afterwards as it was before. */
  compact(): void {
    const { sizeBytes } = this.#log;
    if (sizeBytes > LOG_SIZE_BYTES_FREE && sizeBytes > LIVE_SHARES_MAX * this.#rows.liveSizeBytes) {
      this.#writeCheckpoint();
    }
  }

  /** The value, or undefined where there is no such row. Throws DamageError where it is damaged. */
  get(table: TableName, key: Uint8Array): Uint8Array | undefined {
    const stored = this.#rows.get(table, this.#texts.of(key));
    return stored === undefined ? undefined : this.#read(key, stored);
  }

  has(table: TableName, key: Uint8Array): boolean {
    return this.#rows.get(table, this.#texts.of(key)) !== undefined;
  }

  count(table: TableName): number {
    return this.#rows.count(table);
  }

  /** The entries of a range in order, without its limit. */
  *entries(table: TableName, options: ScanOptions): Generator<Entry> {
    for (const { keyText, stored } of this.#rows.range(table, options)) {
      if (stored !== undefined) {
        const key = bytesOf(keyText);
        yield { key, value: this.#whole(key, stored) };
      }
    }
  }

  /** The value, or undefined where there is no such row or it is damaged; counts as no read. */
  peek(table: TableName, key: Uint8Array): Uint8Array | undefined {
    const stored = this.#rows.get(table, this.#texts.of(key));
    const value = stored === undefined ? undefined : this.#log.valueOf(stored);
    return stored !== undefined && value !== undefined && sealsMatch(key, stored, value)
      ? value
      : undefined;
  }

  /** The rows of a table that can be read, by key. */
  readable(table: TableName): Iterable<StoredRow> {
    return readableRows(this.#rows.range(table, {}), this.#log.contents);
  }

  /** All rows that can be read, by table and key. */
  all(): StoredRow[] {
    return [...readableRows(this.#rows.all(), this.#log.contents)];
  }

  /** Rows that a power failure now would surely leave, as far as they can be read. By table and key. */
  durable(): StoredRow[] {
    const synced = this.durableBytes();
    return [...readableRows(recoverRows(synced, synced.length).rows.all(), synced)];
  }

  /** A copy of the bytes that a power failure now would surely leave. */
  durableBytes(): Uint8Array {
    return this.#log.contents.slice(0, this.#log.syncedSizeBytes);
  }

  /** Puts other bytes in the place of all there were, as `durableBytes` gave them, and recovers. */
  replace(contents: Uint8Array): void {
    this.#log.replace(contents);
    this.#log.sync();
    this.#recover();
  }

  /**
   * A crash, and the recovery after it. `underWay` are the groups handed over and not finished, in their order; they may be
   * found afterwards or not, or torn. After a power failure that goes for all that is not synced.
   */
  crash(
    underWay: readonly (readonly Write[])[],
    how: "process" | "power",
    random: SeededRandom,
  ): void {
    const tailAt = how === "power" ? this.#log.syncedSizeBytes : this.#log.sizeBytes;
    for (const writes of underWay) {
      this.#log.append(writes, sealsOf(writes));
    }
    tearTail(this.#log, tailAt, random);
    this.#recover();
  }

  /**
   * Flips one bit of a value that is on the medium for good, whole until now, and among those that `mayPick` lets through.
   * Gives the row, or undefined where there is none.
   */
  corruptOne(mayPick: (entry: LogEntry) => boolean, random: SeededRandom): LogEntry | undefined {
    const candidates: (LogEntry & { readonly stored: StoredValue })[] = [];
    for (const entry of this.#rows.all()) {
      const { stored } = entry;
      const isOnMedium =
        stored !== undefined &&
        stored.sizeBytes > 0 &&
        stored.at + stored.sizeBytes <= this.#log.syncedSizeBytes;
      // A second flip of the same bit would repair what is damaged.
      if (isOnMedium && mayPick(entry) && isIntact(this.#log.contents, entry)) {
        candidates.push({ ...entry, stored });
      }
    }
    if (candidates.length === 0) {
      return undefined;
    }
    const damaged = random.pick(candidates);
    const { at, sizeBytes } = damaged.stored;
    this.#isHarmed = true;
    this.#log.flipBit(at + random.integer(sizeBytes), random.integer(8));
    return damaged;
  }

  #read(key: Uint8Array, stored: StoredValue): Uint8Array {
    const value = this.#whole(key, stored);
    if (value === undefined) {
      throw new DamageError(
        `Cannot read the value of key ${Buffer.from(key).toString("hex")}: its ${stored.sizeBytes} bytes are damaged`,
      );
    }
    return value;
  }

  /** Undefined where it is damaged, which is counted. */
  #whole(key: Uint8Array, stored: StoredValue): Uint8Array | undefined {
    if (!this.#isHarmed) {
      stored.known ??= this.#log.valueOf(stored);
      return stored.known;
    }
    const value = this.#log.valueOf(stored);
    if (sealsMatch(key, stored, value)) return value;
    this.#counts = { ...this.#counts, damagedReads: this.#counts.damagedReads + 1 };
    return undefined;
  }

  #recover(): void {
    const recovered = recoverRows(this.#log.contents, this.#log.syncedSizeBytes);
    const tornCount = recovered.sizeBytes < this.#log.sizeBytes ? 1 : 0;
    this.#counts = { ...this.#counts, tornGroups: this.#counts.tornGroups + tornCount };
    this.#log.truncate(recovered.sizeBytes);
    this.#log.sync();
    this.#rows = recovered.rows;
  }

  #writeCheckpoint(): void {
    const writes: Write[] = [];
    const seals: number[] = [];
    for (const { table, keyText, stored } of this.#rows.all()) {
      if (stored !== undefined) {
        writes.push({ table, key: bytesOf(keyText), value: this.#log.valueOf(stored) });
        seals.push(stored.seal);
      }
    }
    const wasSynced = this.#log.syncedSizeBytes > 0;
    const checkpoint = new DiskLog();
    checkpoint.append(writes, seals);
    this.#log.replace(checkpoint.contents);
    if (wasSynced) {
      this.#log.sync();
    }
    this.#rows = recoverRows(this.#log.contents, this.#log.sizeBytes).rows;
    this.#counts = { ...this.#counts, checkpoints: this.#counts.checkpoints + 1 };
  }
}

/** A log up to this size is not worth writing anew. */
const LOG_SIZE_BYTES_FREE = 256 * 1_024;

/** A log may be so many times as big as what is still true in it. */
const LIVE_SHARES_MAX = 4;

function sealsOf(writes: readonly Write[]): number[] {
  return writes.map(({ key, value }) => (value === undefined ? 0 : sealOf(key, value)));
}

interface Recovered {
  readonly rows: StoredRows;
  /** Where the last whole group ends. */
  readonly sizeBytes: number;
}

/**
 * Reads a log from its start. Beyond `syncedSizeBytes` it ends with the first group that is not whole, every value
 * checked. Below, a damaged value is no torn write: it stays, so that it is found damaged when it is read, and what follows
 * it stays too.
 */
function recoverRows(log: Uint8Array, syncedSizeBytes: number): Recovered {
  const rows = new StoredRows();
  let at = 0;
  for (;;) {
    const group = readGroup(log, at);
    const isTail = at >= syncedSizeBytes;
    if (group === undefined || (isTail && !group.entries.every((entry) => isIntact(log, entry)))) {
      assert(isTail, "Cannot recover the simulated disk: synced bytes hold no whole groups");
      return { rows, sizeBytes: at };
    }
    for (const { table, keyText, stored } of group.entries) {
      rows.set(table, keyText, stored);
    }
    at = group.end;
  }
}

function* readableRows(entries: Iterable<LogEntry>, log: Uint8Array): Generator<StoredRow> {
  for (const entry of entries) {
    const { table, keyText, stored } = entry;
    if (stored !== undefined && isIntact(log, entry)) {
      yield { table, key: bytesOf(keyText), value: valueIn(log, stored).slice() };
    }
  }
}
