import type { Database } from "lmdb";
import type {
  Engine,
  Entry,
  FatalStorageError,
  ScanOptions,
  TableName,
} from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import type { CommitGroup, GroupedStore } from "./grouped-engine.ts";
import { commitError, fatalError, GroupedEngine, readError, reading } from "./grouped-engine.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";
import { openLmdbFolder } from "./lmdb-folder.ts";
import { scanRange } from "./scan-range.ts";
import { sealedSizeOf, sealInto, unsealIfWhole, unsealValue } from "./sealed-value.ts";

export interface LmdbEngineOptions {
  /** Made where it is missing; nobody else may use it meanwhile. */
  readonly folder: string;
  /** True: a resolved write survives a power failure. False: only the end of the process. */
  readonly sync: boolean;
  /**
   * Most bytes the data file may grow to; unlimited unless given. A database that has reached it refuses every write
   * that holds a value until it is opened with a higher one.
   */
  readonly mapSizeBytesMax?: number;
}

/**
 * The engine on LMDB, a copy-on-write B-tree whose commits are atomic and need no recovery. A commit takes two disk flushes: the
 * pages; then the root that makes them valid.
 *
 * `overlappingSync` stays off: with it a write resolves before it is flushed, and an error of the flush reaches nobody.
 *
 * Rejects with StorageError: folder in use, not a database, another format, damaged.
 */
export async function openLmdbEngine(options: LmdbEngineOptions): Promise<Engine> {
  return new GroupedEngine(new LmdbStore(openLmdbFolder(options), options));
}

class LmdbStore implements GroupedStore {
  readonly name = "lmdb";
  readonly synced: boolean;
  readonly ordered: boolean;
  readonly #folder: LmdbFolder;
  readonly #sizeBytesMax: number;
  #seals: Buffer | undefined;
  /** No commit can be begun any more. */
  #failure: FatalStorageError | undefined;

  constructor(folder: LmdbFolder, options: LmdbEngineOptions) {
    this.#folder = folder;
    this.synced = options.sync;
    // Unsynced, the kernel writes the pages of a commit in any order.
    this.ordered = options.sync;
    this.#sizeBytesMax = options.mapSizeBytesMax ?? Number.POSITIVE_INFINITY;
  }

  get failure(): FatalStorageError | undefined {
    return this.#failure;
  }

  get(table: TableName, key: Uint8Array): Uint8Array | undefined {
    const sealed = reading(() => this.#table(table).getBinary(key));
    return sealed === undefined ? undefined : unsealValue(key, sealed);
  }

  has(table: TableName, key: Uint8Array): boolean {
    return reading(() => this.#table(table).doesExist(key));
  }

  *entries(table: TableName, options: ScanOptions): Generator<Entry> {
    const range = scanRange(options);
    try {
      for (const { key, value } of this.#table(table).getRange({ start: range.firstKey })) {
        const stable = Uint8Array.prototype.slice.call(key);
        if (!range.includes(stable)) {
          return;
        }
        const sealed = Uint8Array.prototype.slice.call(value);
        yield { key: stable, value: unsealIfWhole(stable, sealed) };
      }
    } catch (error) {
      throw readError(error);
    }
  }

  count(table: TableName): number {
    const stats = reading(() => this.#table(table).getStats());
    return (stats as { readonly entryCount: number }).entryCount;
  }

  async commit(group: CommitGroup): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { root, tables } = this.#folder;
    try {
      this.#checkRoom(group);
      const seals = this.#sealAll(group);
      await root.batch(() => {
        let at = 0;
        for (const { table, key, value } of group.writes) {
          if (value === undefined) {
            void tables[table].remove(key);
          } else {
            const end = at + sealedSizeOf(value);
            void tables[table].put(key, seals.subarray(at, end));
            at = end;
          }
        }
      });
    } catch (error) {
      const failure = commitError(await causeOf(error), this.#folder.freeBytes());
      if (!this.#isOver()) throw failure;
      this.#failure = fatalError(failure);
      throw this.#failure;
    }
    root.resetReadTxn();
  }

  close(): Promise<void> {
    return this.#folder.close();
  }

  /**
   * After a failed write of its root LMDB does not know what the disk holds, and refuses everything until it is opened anew. A
   * transaction that cannot be begun is none that fails: the library would never tell its outcome.
   */
  #isOver(): boolean {
    try {
      this.#folder.root.getStats();
      return false;
    } catch {
      return true;
    }
  }

  /**
   * The sealed values, one after the other. The library reads them from where they lie until the commit has ended, and asks the runtime
   * for the address of each memory block that it has not seen; so all commits, of which there is one at a time, share one.
   */
  #sealAll({ writes }: CommitGroup): Buffer {
    let sizeBytes = 0;
    for (const { value } of writes) sizeBytes += value === undefined ? 0 : sealedSizeOf(value);
    const isKept = sizeBytes <= SEALS_KEPT_BYTES_MAX;
    if (isKept) this.#seals ??= Buffer.allocUnsafeSlow(SEALS_KEPT_BYTES_MAX);
    const seals = (isKept ? this.#seals : undefined) ?? Buffer.allocUnsafeSlow(sizeBytes);
    let at = 0;
    for (const { key, value } of writes) {
      if (value === undefined) continue;
      sealInto(seals, at, { key, value });
      at += sealedSizeOf(value);
    }
    return seals;
  }

  #checkRoom({ writes, sizeBytes }: CommitGroup): void {
    if (this.#sizeBytesMax === Number.POSITIVE_INFINITY || !writes.some(({ value }) => value)) {
      return;
    }
    const usedBytes = this.#folder.sizeBytes();
    if (usedBytes + sizeBytes > this.#sizeBytesMax) {
      throw new StorageError(
        `Cannot write ${sizeBytes} bytes: the database holds ${usedBytes} and may grow to ${this.#sizeBytesMax}`,
      );
    }
  }

  #table(name: TableName): Database<Buffer, Uint8Array> {
    return this.#folder.tables[name];
  }
}

/** A commit of more has memory of its own, which goes with it. */
const SEALS_KEPT_BYTES_MAX = 1_048_576;

/** lmdb-js rejects with an error that promises the cause. */
async function causeOf(error: unknown): Promise<unknown> {
  return error instanceof Error && "commitError" in error
    ? await Promise.resolve(error.commitError).catch((reason: unknown) => reason)
    : error;
}
