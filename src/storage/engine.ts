export const TABLE_NAMES = ["records", "hints", "membership", "incarnations"] as const;

export type TableName = (typeof TABLE_NAMES)[number];

/** One change; without a value it removes the key. Key and value are the engine's from the call on: not to be changed. */
export interface Write {
  readonly table: TableName;
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export interface WriteOptions {
  /**
   * True: the promise resolves only when the writes are as durable as the engine below the write buffer makes them (paper 6.1,
   * "one of the N replicas performs a durable write"). An engine that does not buffer does no less for any write.
   */
  readonly durable?: boolean | undefined;
}

/** One key of a scan. */
export interface Entry {
  readonly key: Uint8Array;
  /** Undefined where the stored bytes are damaged: one such entry spoils no page. */
  readonly value: Uint8Array | undefined;
}

export interface ScanOptions {
  /** Only keys that begin with these bytes. */
  readonly prefix?: Uint8Array;
  /** Only keys after this one; the last key of the page before. */
  readonly after?: Uint8Array;
  /** Most entries to return, 1 or more. */
  readonly limit: number;
}

/** A node's local persistence (paper 5, "pluggable storage engines"; D-5-2). Keys are 1 to 1,900 bytes. */
export interface Engine {
  readonly name: string;
  /** True where a resolved `write` survives a power failure. */
  readonly synced: boolean;
  /**
   * True where whatever ends the process, or the power, leaves no write without all those called and resolved before it. An
   * engine that resolves before it stores must then store in that order, and after a failure nothing more.
   */
  readonly ordered: boolean;
  /** True where a resolved `write` may be in memory only, unless it was asked to be durable. Absent: false. */
  readonly buffered?: boolean;
  /** What it died of, once it takes no write any more until it is opened anew. Absent: it never does. */
  readonly failure?: FatalStorageError | undefined;
  /** The bytes stored, which the caller must not change, or undefined. Rejects with DamageError where they are not what was written. */
  get(table: TableName, key: Uint8Array): Promise<Uint8Array | undefined>;
  /**
   * All of the writes or none. Visible to `get` and `scan` as soon as this call returns; the promise resolves once
   * they are as durable as the engine promises, and rejects with StorageError when they are not (then they are
   * invisible again); with FatalStorageError where it takes no other write either. Never starts I/O for an empty list.
   */
  write(writes: readonly Write[], options?: WriteOptions): Promise<void>;
  /** Entries in ascending byte order of the key. */
  scan(table: TableName, options: ScanOptions): Promise<readonly Entry[]>;
  /** How many keys a table holds. */
  count(table: TableName): Promise<number>;
  /**
   * Of an engine that buffers: resolves once all writes that had resolved before the call are durable, rejects with StorageError where they are not.
   * Absent: whatever has resolved is.
   */
  sync?(): Promise<void>;
  /** Finishes the writes under way, then releases everything. Rejects where acknowledged writes could not be stored. */
  close(): Promise<void>;
}

/** The engine could not do what it was asked: disk full, I/O error, damaged file. */
export class StorageError extends Error {
  override readonly name: string = "StorageError";
}

/**
 * The engine takes no write any more until it is opened anew, for it does not know what its disk holds. A full disk is no such
 * failure: there the next write may be taken.
 */
export class FatalStorageError extends StorageError {
  override readonly name = "FatalStorageError";
}

/**
 * One stored value is surely not what was written: its checksum or its grammar says so. What it was is lost here for good, so
 * a write may take its place; no other StorageError allows that.
 */
export class DamageError extends StorageError {
  override readonly name = "DamageError";
}
