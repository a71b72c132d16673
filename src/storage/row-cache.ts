/*
 * Problem: a write reads its row before it merges, a read reads it, and each time a database searches its pages, copies the value and
 * checks it: as much work as the write itself. Sketch: the rows that were read last stay in memory as they were read, up to a number
 * of bytes.
 *
 * Reads bring rows in, writes keep those current that are in: rows that nobody reads again take no room. What was not found is
 * not remembered.
 *
 * A cached row was whole when it was read or written. Where the disk damages its copy afterwards, reads still get what was
 * stored, and nothing false. Scans go past the cache, so that a pass over all rows finds the damage; the row is then forgotten here, and
 * from there on damaged for everybody, so that whoever repairs it writes it anew.
 */

import { bufferOf } from "../base/bytes.ts";
import type { Environment } from "../env/environment.ts";
import { byteString } from "./byte-strings.ts";
import type { Engine, Entry, ScanOptions, TableName, Write, WriteOptions } from "./engine.ts";
import { StorageError } from "./engine.ts";
import type { RowCacheMetrics } from "./row-cache-metrics.ts";
import { rowCacheMetrics } from "./row-cache-metrics.ts";
import { TwoGenerations } from "./two-generations.ts";

export interface RowCacheParts {
  /** One that reads from a disk. */
  readonly engine: Engine;
  /** Told of each read that the engine below is not asked for; for those who look into nodes from outside. */
  readonly watch?: { rowRead(table: TableName, key: Uint8Array): void } | undefined;
}

export interface RowCacheOptions {
  /** Most bytes of rows, with what it costs to keep them, 1 or more. A row that is larger than half of it is never kept. */
  readonly sizeBytesMax: number;
}

/** An engine around any engine, which keeps rows of `records` in memory: those of other tables are read once, or scanned. */
export class RowCache implements Engine {
  readonly name: string;
  readonly synced: boolean;
  readonly ordered: boolean;
  readonly buffered: boolean;
  readonly #environment: RowCacheEnvironment;
  readonly #parts: RowCacheParts;
  readonly #metrics: RowCacheMetrics;
  readonly #rows: TwoGenerations;
  /** The last read of each row that is under way and that nothing has overtaken. */
  readonly #reads = new Map<string, ReadUnderWay>();
  #isClosed = false;

  constructor(
    environment: RowCacheEnvironment,
    parts: RowCacheParts,
    { sizeBytesMax }: RowCacheOptions,
  ) {
    const { engine } = parts;
    this.name = engine.name;
    this.synced = engine.synced;
    this.ordered = engine.ordered;
    this.buffered = engine.buffered === true;
    this.#environment = environment;
    this.#parts = parts;
    this.#rows = new TwoGenerations(sizeBytesMax, () => {
      environment.assertions.reachable("the row cache gave up what was not read for long");
    });
    this.#metrics = rowCacheMetrics(environment.metrics, {
      count: () => this.#rows.count,
      sizeBytes: () => this.#rows.sizeBytes,
    });
  }

  get failure(): Engine["failure"] {
    return this.#parts.engine.failure;
  }

  get(table: TableName, key: Uint8Array): Promise<Uint8Array | undefined> {
    if (table !== CACHED_TABLE) return this.#parts.engine.get(table, key);
    if (this.#isClosed) return Promise.reject(closedError());
    const text = byteString(key);
    const cached = this.#rows.get(text);
    if (cached === undefined) return this.#read(key, text);
    this.#metrics.hits.increment();
    this.#parts.watch?.rowRead(table, key);
    return Promise.resolve(cached);
  }

  write(writes: readonly Write[], options?: WriteOptions): Promise<void> {
    const done = this.#parts.engine.write(writes, options);
    const texts = writes.filter(isCached).map((write) => this.#written(write));
    if (texts.length === 0) return done;
    return done.catch((error: unknown) => {
      // What is visible again only the engine knows.
      for (const text of texts) this.#forget(text);
      throw error;
    });
  }

  async scan(table: TableName, options: ScanOptions): Promise<readonly Entry[]> {
    const entries = await this.#parts.engine.scan(table, options);
    if (table !== CACHED_TABLE) return entries;
    for (const { key, value } of entries) {
      if (value === undefined) this.#forget(byteString(key));
    }
    return entries;
  }

  count(table: TableName): Promise<number> {
    return this.#parts.engine.count(table);
  }

  sync(): Promise<void> {
    return this.#parts.engine.sync?.() ?? Promise.resolve();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#rows.clear();
    return this.#parts.engine.close();
  }

  async #read(key: Uint8Array, text: string): Promise<Uint8Array | undefined> {
    this.#metrics.misses.increment();
    const read: ReadUnderWay = { isOverwritten: false };
    this.#reads.set(text, read);
    try {
      const value = await this.#parts.engine.get(CACHED_TABLE, key);
      // What a write has overtaken is right for whoever asked before it, and for nobody after.
      const isCurrent = this.#reads.get(text) === read;
      this.#environment.assertions.sometimes(
        "a row was written while the row cache read it",
        read.isOverwritten,
      );
      if (isCurrent && value !== undefined && !this.#isClosed) {
        this.#rows.set(text, compactBytes(value));
      }
      return value;
    } finally {
      if (this.#reads.get(text) === read) this.#reads.delete(text);
    }
  }

  /** As the engine shows it from now on. */
  #written({ key, value }: Write): string {
    const text = byteString(key);
    const read = this.#reads.get(text);
    if (read !== undefined) read.isOverwritten = true;
    this.#reads.delete(text);
    if (value === undefined) this.#rows.delete(text);
    else if (this.#rows.has(text)) this.#rows.set(text, ownBytes(value));
    return text;
  }

  #forget(text: string): void {
    this.#reads.delete(text);
    this.#rows.delete(text);
  }
}

export type RowCacheEnvironment = Pick<Environment, "metrics" | "assertions">;

interface ReadUnderWay {
  /** A write of the row came after it began. */
  isOverwritten: boolean;
}

const CACHED_TABLE = "records";

function isCached({ table }: Write): boolean {
  return table === CACHED_TABLE;
}

/** Of its own memory: what was written may be a small part of a buffer that is shared with others. */
function ownBytes(value: Uint8Array): Uint8Array {
  return bufferOf(new Uint8Array(value));
}

/** Itself where it has its memory nearly for itself. An engine may answer with what was written: a part of a buffer that it would keep alive. */
function compactBytes(value: Uint8Array): Uint8Array {
  return value.buffer.byteLength > 2 * value.length ? ownBytes(value) : value;
}

function closedError(): StorageError {
  return new StorageError("Cannot use the database: it is closed");
}
