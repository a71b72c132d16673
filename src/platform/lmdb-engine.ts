import type { Database } from "lmdb";
import { byteString } from "../storage/byte-strings.ts";
import type { Engine, Entry, ScanOptions, TableName, Write } from "../storage/engine.ts";
import { DamageError, StorageError } from "../storage/engine.ts";
import { checkScan, checkWrites } from "../storage/limits.ts";
import { PendingWrites } from "../storage/pending-writes.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";
import { openLmdbFolder } from "./lmdb-folder.ts";
import { sealValue, unsealValue } from "./sealed-value.ts";

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
 * The engine on LMDB, a copy-on-write B-tree whose commits are atomic and need no recovery.
 *
 * Commits are grouped: while one runs, what arrives is gathered and goes into the next, so that under load many
 * writes share the two disk flushes of a commit (the pages; then the root that makes them valid). The first write after
 * a pause waits for the end of its turn, to meet the others of the same turn. One commit at a time means that writes
 * end in the order of their calls, and that a lost commit takes exactly its group with it.
 *
 * `overlappingSync` stays off: with it a write resolves before it is flushed, and an error of the flush reaches nobody.
 *
 * Rejects with StorageError: folder in use, not a database, another format, damaged.
 */
export async function openLmdbEngine(options: LmdbEngineOptions): Promise<Engine> {
  return new LmdbEngine(openLmdbFolder(options), options);
}

class LmdbEngine implements Engine {
  readonly name = "lmdb";
  readonly synced: boolean;
  readonly ordered: boolean;
  readonly #folder: LmdbFolder;
  readonly #sizeBytesMax: number;
  readonly #pending = new PendingWrites();
  readonly #done = Promise.resolve();
  /** Groups that wait, the oldest first; the last may still take writes. */
  readonly #groups: Group[] = [];
  #committing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(folder: LmdbFolder, options: LmdbEngineOptions) {
    this.#folder = folder;
    this.synced = options.sync;
    // Unsynced, the kernel writes the pages of a commit in any order.
    this.ordered = options.sync;
    this.#sizeBytesMax = options.mapSizeBytesMax ?? Number.POSITIVE_INFINITY;
  }

  async get(table: TableName, key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#checkOpen();
    const pending = this.#pending.get(table, key);
    return pending === undefined ? readStored(this.#table(table), key) : pending.value;
  }

  write(writes: readonly Write[]): Promise<void> {
    try {
      this.#checkOpen();
      checkWrites(writes);
    } catch (error) {
      return Promise.reject(error);
    }
    if (writes.length === 0) {
      return this.#done;
    }
    this.#pending.add(writes);
    const group = this.#groupFor(writes);
    this.#committing ??= this.#commitGroups();
    return group.promise;
  }

  async scan(table: TableName, options: ScanOptions): Promise<readonly Entry[]> {
    this.#checkOpen();
    checkScan(options);
    return this.#pending.overlay(table, storedEntries(this.#table(table), options), options);
  }

  async count(table: TableName): Promise<number> {
    this.#checkOpen();
    const stored = this.#table(table);
    let { entryCount: count } = stored.getStats() as { readonly entryCount: number };
    for (const { key, value } of this.#pending.of(table)) {
      const isStored = stored.doesExist(key);
      count += Number(value !== undefined) - Number(isStored);
    }
    return count;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#committing;
    await this.#folder.close();
  }

  #groupFor(writes: readonly Write[]): Group {
    const sizeBytes = writes.reduce((sum, write) => sum + sizeOf(write), 0);
    const last = this.#groups.at(-1);
    const fits = last !== undefined && last.sizeBytes + sizeBytes <= GROUP_SIZE_BYTES_MAX;
    const group = fits ? last : newGroup();
    if (!fits) {
      this.#groups.push(group);
    }
    group.writes.push(...writes);
    group.sizeBytes += sizeBytes;
    return group;
  }

  /** Commits one group after another until none waits. Never rejects: each group's promise tells its own outcome. */
  async #commitGroups(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (let group = this.#groups.shift(); group !== undefined; group = this.#groups.shift()) {
      try {
        this.#checkRoom(group);
        await commit(this.#folder, group.writes);
        this.#folder.root.resetReadTxn();
        this.#pending.settle(group.writes);
        group.resolve();
      } catch (error) {
        const failure = await asStorageError(error, this.#folder.freeBytes());
        this.#pending.settle(group.writes);
        group.reject(failure);
      }
    }
    this.#committing = undefined;
  }

  #checkRoom({ writes, sizeBytes }: Group): void {
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

  #checkOpen(): void {
    if (this.#closing !== undefined) {
      throw new StorageError("Cannot use the database: it is closed");
    }
  }
}

/** What one commit takes at most, so that a flood cannot make one transaction of it all. */
const GROUP_SIZE_BYTES_MAX = 16 * 1024 * 1024;

interface Group {
  readonly writes: Write[];
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: StorageError) => void;
  sizeBytes: number;
}

function newGroup(): Group {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { writes: [], promise, resolve, reject, sizeBytes: 0 };
}

/** An estimate of what a write adds to the file. */
function sizeOf({ key, value }: Write): number {
  return key.length + (value?.length ?? 0);
}

/** Resolves when the transaction is committed, and flushed where the folder was opened so. */
async function commit({ root, tables }: LmdbFolder, writes: readonly Write[]): Promise<void> {
  await root.batch(() => {
    for (const { table, key, value } of writes) {
      if (value === undefined) {
        void tables[table].remove(key);
      } else {
        void tables[table].put(key, sealValue(key, value));
      }
    }
  });
}

/**
 * lmdb-js rejects with an error that promises the cause. On a full disk the cause is often only "Input/output error", so
 * the message tells what is free.
 */
async function asStorageError(error: unknown, freeBytes: number): Promise<StorageError> {
  if (error instanceof StorageError) {
    return error;
  }
  const cause =
    error instanceof Error && "commitError" in error
      ? await Promise.resolve(error.commitError).catch((reason: unknown) => reason)
      : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const room = freeBytes < DISK_FULL_BELOW_BYTES ? "the disk is full" : "the disk is not full";
  return new StorageError(
    `Cannot write to the database: ${reason} (${room}, ${freeBytes} bytes are free)`,
    { cause },
  );
}

/** LMDB grows its file by as little as it needs, so a failure with less than this left is for want of room. */
const DISK_FULL_BELOW_BYTES = 1024 * 1024;

function readStored(table: Database<Buffer, Uint8Array>, key: Uint8Array): Uint8Array | undefined {
  let sealed: Buffer | undefined;
  try {
    sealed = table.getBinary(key);
  } catch (error) {
    throw asReadError(error);
  }
  return sealed === undefined ? undefined : unsealValue(key, sealed);
}

function* storedEntries(
  table: Database<Buffer, Uint8Array>,
  { prefix, after }: ScanOptions,
): Generator<Entry> {
  const prefixText = prefix === undefined ? "" : byteString(prefix);
  try {
    for (const { key, value } of table.getRange({ start: firstKey(prefix, after) })) {
      const stable = Uint8Array.prototype.slice.call(key);
      if (!byteString(stable).startsWith(prefixText)) {
        return;
      }
      yield { key: stable, value: unsealed(stable, Uint8Array.prototype.slice.call(value)) };
    }
  } catch (error) {
    throw asReadError(error);
  }
}

/** Undefined where the value is damaged. */
function unsealed(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return unsealValue(key, sealed);
  } catch (error) {
    if (error instanceof DamageError) {
      return undefined;
    }
    throw error;
  }
}

/** The lowest key a scan may answer. The key next to `after` is `after` and a zero byte. */
function firstKey(prefix = LOWEST_KEY, after?: Uint8Array): Uint8Array {
  if (after === undefined || Buffer.compare(after, prefix) < 0) {
    return prefix.length === 0 ? LOWEST_KEY : prefix;
  }
  return Buffer.concat([after, LOWEST_KEY]);
}

const LOWEST_KEY: Uint8Array = Uint8Array.of(0);

function asReadError(error: unknown): StorageError {
  if (error instanceof StorageError) {
    return error;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError(`Cannot read the database: ${reason}`, { cause: error });
}
