import type { DatabaseSync } from "node:sqlite";
import type {
  Engine,
  Entry,
  FatalStorageError,
  ScanOptions,
  TableName,
  Write,
} from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import type { CommitGroup, GroupedStore } from "./grouped-engine.ts";
import { commitError, fatalError, GroupedEngine, readError, reading } from "./grouped-engine.ts";
import { scanRange } from "./scan-range.ts";
import { sealValue, unsealIfWhole, unsealValue } from "./sealed-value.ts";
import type { SqliteFolder } from "./sqlite-folder.ts";
import { openSqliteFolder } from "./sqlite-folder.ts";

export interface SqliteEngineOptions {
  /** Made where it is missing; nobody else may use it meanwhile. */
  readonly folder: string;
  /** True: a resolved write survives a power failure. False: only the end of the process. */
  readonly sync: boolean;
}

/**
 * The engine on SQLite, a B-tree with a write-ahead log (paper 5: "MySQL" for larger objects). A commit takes one flush, that of the
 * log; every so many pages the log is copied into the database, within a commit.
 *
 * `node:sqlite` has no asynchronous calls: reads, and commits with their flushes, hold up everything else in the
 * process. That costs latency beside LMDB, which commits on a thread of its own.
 *
 * Rejects with StorageError: folder in use, not a database, another format, damaged.
 */
export async function openSqliteEngine(options: SqliteEngineOptions): Promise<Engine> {
  return new GroupedEngine(new SqliteStore(openSqliteFolder(options), options));
}

class SqliteStore implements GroupedStore {
  readonly name = "sqlite";
  readonly synced: boolean;
  readonly ordered: boolean;
  readonly #folder: SqliteFolder;
  /** The I/O error after which the log on disk may lack what SQLite believes it wrote. */
  #failure: FatalStorageError | undefined;

  constructor(folder: SqliteFolder, { sync }: SqliteEngineOptions) {
    this.#folder = folder;
    this.synced = sync;
    // Unsynced, the kernel writes what the log says in any order.
    this.ordered = sync;
  }

  get failure(): FatalStorageError | undefined {
    return this.#failure;
  }

  get(table: TableName, key: Uint8Array): Uint8Array | undefined {
    const sealed = reading(() => this.#folder.tables[table].get.get(key))?.["value"];
    return sealed === undefined ? undefined : unsealValue(key, sealed as Uint8Array);
  }

  has(table: TableName, key: Uint8Array): boolean {
    return reading(() => this.#folder.tables[table].has.get(key)) !== undefined;
  }

  *entries(table: TableName, options: ScanOptions): Generator<Entry> {
    const range = scanRange(options);
    try {
      for (const row of this.#folder.tables[table].scan.iterate(range.firstKey)) {
        const key = row["key"] as Uint8Array;
        if (!range.includes(key)) {
          return;
        }
        yield { key, value: unsealIfWhole(key, row["value"] as Uint8Array) };
      }
    } catch (error) {
      throw readError(error);
    }
  }

  count(table: TableName): number {
    return Number(reading(() => this.#folder.tables[table].count.get())?.["count"]);
  }

  commit({ writes }: CommitGroup): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    const { database } = this.#folder;
    try {
      database.exec("BEGIN IMMEDIATE");
      for (const write of writes) {
        this.#apply(write);
      }
      database.exec("COMMIT");
    } catch (error) {
      const failure = commitError(error, this.#folder.freeBytes());
      if (!isIoError(error) && rollBack(database)) throw failure;
      this.#failure = fatalError(failure);
      throw this.#failure;
    }
  }

  close(): void {
    this.#folder.close();
  }

  #apply({ table, key, value }: Write): void {
    const { put, remove } = this.#folder.tables[table];
    if (value === undefined) {
      remove.run(key);
    } else {
      put.run(key, sealValue(key, value));
    }
  }
}

/** SQLite ends a transaction by itself after some errors. False where it cannot be ended at all. */
function rollBack(database: DatabaseSync): boolean {
  try {
    if (database.isTransaction) {
      database.exec("ROLLBACK");
    }
    return true;
  } catch {
    return false;
  }
}

const IO_ERROR = 10;
const PRIMARY_CODE_MASK = 0xff;

/**
 * True where the operating system refused, other than for want of room. After a failed flush the kernel may have dropped the
 * pages and call the next flush a success, so that commits behind the hole would be lost in silence.
 */
function isIoError(error: unknown): boolean {
  return (
    !(error instanceof StorageError) &&
    error instanceof Error &&
    "errcode" in error &&
    (Number(error.errcode) & PRIMARY_CODE_MASK) === IO_ERROR
  );
}
