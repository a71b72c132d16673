import type { Engine, Entry, ScanOptions, TableName, Write } from "../storage/engine.ts";
import { FatalStorageError, StorageError } from "../storage/engine.ts";
import { checkScan, checkWrites } from "../storage/limits.ts";
import { PendingWrites } from "../storage/pending-writes.ts";

/** A database as `GroupedEngine` uses it: reads at once, writes in transactions. All that throw throw StorageError. */
export interface GroupedStore {
  readonly name: string;
  /** True where a finished `commit` survives a power failure. */
  readonly synced: boolean;
  /** As of `Engine`. */
  readonly ordered: boolean;
  /** What it died of: it commits nothing any more. */
  readonly failure: FatalStorageError | undefined;
  get(table: TableName, key: Uint8Array): Uint8Array | undefined;
  has(table: TableName, key: Uint8Array): boolean;
  /** Entries of a range in ascending order, without its limit. */
  entries(table: TableName, options: ScanOptions): Iterable<Entry>;
  count(table: TableName): number;
  /** One transaction: all of the writes or none. Ends when it is committed, and flushed where that is promised. */
  commit(group: CommitGroup): Promise<void> | void;
  close(): Promise<void> | void;
}

/** What one transaction takes. */
export interface CommitGroup {
  readonly writes: readonly Write[];
  /** An estimate of what they add to the file. */
  readonly sizeBytes: number;
}

/**
 * An engine on a database that must flush for every commit: writes are visible at once through an overlay and commit in groups.
 *
 * While one commit runs, what arrives is gathered and goes into the next, so that under load many writes share the disk
 * flushes of one. The first write after a pause waits for the end of its turn, to meet the others of the same turn. One
 * commit at a time means that writes end in the order of their calls, and that a lost commit takes exactly its
 * group with it.
 */
export class GroupedEngine implements Engine {
  readonly name: string;
  readonly synced: boolean;
  readonly ordered: boolean;
  readonly #store: GroupedStore;
  readonly #pending = new PendingWrites();
  readonly #done = Promise.resolve();
  /** Groups that wait, the oldest first; the last may still take writes. */
  readonly #groups: Group[] = [];
  #committing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(store: GroupedStore) {
    this.name = store.name;
    this.synced = store.synced;
    this.ordered = store.ordered;
    this.#store = store;
  }

  get failure(): FatalStorageError | undefined {
    return this.#store.failure;
  }

  async get(table: TableName, key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#checkOpen();
    const pending = this.#pending.get(table, key);
    return pending === undefined ? this.#store.get(table, key) : pending.value;
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
    return this.#pending.overlay(table, this.#store.entries(table, options), options);
  }

  async count(table: TableName): Promise<number> {
    this.#checkOpen();
    let count = this.#store.count(table);
    for (const { key, value } of this.#pending.of(table)) {
      count += Number(value !== undefined) - Number(this.#store.has(table, key));
    }
    return count;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#committing;
    await this.#store.close();
  }

  #groupFor(writes: readonly Write[]): Group {
    const sizeBytes = writes.reduce((sum, write) => sum + sizeOf(write), 0);
    const last = this.#groups.at(-1);
    const fits = last !== undefined && last.sizeBytes + sizeBytes <= GROUP_SIZE_BYTES_MAX;
    const group = fits ? last : newGroup();
    if (!fits) {
      this.#groups.push(group);
    }
    for (const write of writes) group.writes.push(write);
    group.sizeBytes += sizeBytes;
    return group;
  }

  /** Commits one group after another until none waits. Never rejects: each group's promise tells its own outcome. */
  async #commitGroups(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (let group = this.#groups.shift(); group !== undefined; group = this.#groups.shift()) {
      try {
        await this.#store.commit(group);
        this.#pending.settle(group.writes);
        group.resolve();
      } catch (error) {
        this.#pending.settle(group.writes);
        group.reject(error);
      }
    }
    this.#committing = undefined;
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) {
      throw new StorageError("Cannot use the database: it is closed");
    }
  }
}

/** What one commit takes at most, so that a flood cannot make one transaction of it all. */
const GROUP_SIZE_BYTES_MAX = 16 * 1024 * 1024;

interface Group extends CommitGroup {
  readonly writes: Write[];
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  sizeBytes: number;
}

function newGroup(): Group {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { writes: [], promise, resolve, reject, sizeBytes: 0 };
}

function sizeOf({ key, value }: Write): number {
  return key.length + (value?.length ?? 0);
}

/**
 * The error of a failed commit. What a database says of a full disk is often only "Input/output error", so the message tells
 * what is free, where that is known.
 */
export function commitError(cause: unknown, freeBytes: number | undefined): StorageError {
  if (cause instanceof StorageError) {
    return cause;
  }
  return new StorageError(
    `Cannot write to the database: ${reasonOf(cause)} (${roomOf(freeBytes)})`,
    { cause },
  );
}

/** The same for a database that takes no commit any more. */
export function fatalError(failure: StorageError): FatalStorageError {
  return new FatalStorageError(
    `${failure.message}; nothing more is written until the database is opened anew`,
    { cause: failure.cause ?? failure },
  );
}

function roomOf(freeBytes: number | undefined): string {
  if (freeBytes === undefined) return "what the disk has free is not known";
  const room = freeBytes < DISK_FULL_BELOW_BYTES ? "the disk is full" : "the disk is not full";
  return `${room}, ${freeBytes} bytes are free`;
}

/** Databases grow their files by as little as they need, so a failure with less than this left is for want of room. */
const DISK_FULL_BELOW_BYTES = 1024 * 1024;

/** What a query of the database gives; what it throws becomes a StorageError. */
export function reading<T>(query: () => T): T {
  try {
    return query();
  } catch (error) {
    throw readError(error);
  }
}

export function readError(cause: unknown): StorageError {
  return cause instanceof StorageError
    ? cause
    : new StorageError(`Cannot read the database: ${reasonOf(cause)}`, { cause });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
