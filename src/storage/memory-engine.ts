import { bufferOf } from "../base/bytes.ts";
import { byteString, bytesOf } from "./byte-strings.ts";
import type { Engine, Entry, ScanOptions, TableName, Write } from "./engine.ts";
import { StorageError, TABLE_NAMES } from "./engine.ts";
import { checkScan, checkWrites } from "./limits.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** Keeps everything in memory; a crash loses all of it. Never rejects a well-formed write. */
export class MemoryEngine implements Engine {
  readonly name = "memory";
  readonly synced = false;
  readonly ordered = true;
  readonly #tables: ReadonlyMap<TableName, Table>;
  readonly #done = Promise.resolve();
  #closed = false;

  constructor() {
    this.#tables = new Map(
      TABLE_NAMES.map((name) => [name, { values: new Map(), keys: new SortedKeys() }]),
    );
  }

  async get(table: TableName, key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#table(table).values.get(byteString(key));
  }

  write(writes: readonly Write[]): Promise<void> {
    try {
      checkWrites(writes);
      for (const write of writes) {
        apply(this.#table(write.table), write);
      }
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#done;
  }

  async scan(table: TableName, options: ScanOptions): Promise<readonly Entry[]> {
    checkScan(options);
    return entriesOf(this.#table(table), options);
  }

  async count(table: TableName): Promise<number> {
    return this.#table(table).values.size;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #table(name: TableName): Table {
    const table = this.#tables.get(name);
    if (this.#closed || table === undefined) {
      throw new StorageError(
        `Cannot use table ${name}: ${this.#closed ? "the engine is closed" : "there is no such table"}`,
      );
    }
    return table;
  }
}

interface Table {
  readonly values: Map<string, Uint8Array>;
  readonly keys: SortedKeys;
}

function apply({ values, keys }: Table, { key, value }: Write): void {
  const text = byteString(key);
  if (value === undefined) {
    values.delete(text);
    return;
  }
  const sizeBefore = values.size;
  // Of its own memory: a value may be a small part of a buffer that is shared with others.
  values.set(text, bufferOf(new Uint8Array(value)));
  if (values.size > sizeBefore) {
    keys.add(text, values.size);
  }
}

function entriesOf({ values, keys }: Table, options: ScanOptions): readonly Entry[] {
  const prefix = options.prefix === undefined ? "" : byteString(options.prefix);
  const after = options.after === undefined ? "" : byteString(options.after);
  const entries: Entry[] = [];
  for (const key of keys.from(after.startsWith(prefix) ? after : prefix, values)) {
    if (!key.startsWith(prefix)) {
      break;
    }
    const value = values.get(key);
    if (value !== undefined && key > after) {
      entries.push({ key: bytesOf(key), value });
    }
    if (entries.length === options.limit) {
      break;
    }
  }
  return entries;
}
