import { byteString } from "../../../../src/storage/byte-strings.ts";
import type { ScanOptions, TableName } from "../../../../src/storage/engine.ts";
import { TABLE_NAMES } from "../../../../src/storage/engine.ts";
import { SortedKeys } from "../../../../src/storage/sorted-keys.ts";
import type { LogEntry, StoredValue } from "./log-format.ts";
import { ENTRY_HEADER_SIZE_BYTES } from "./log-format.ts";

/** Where in the log the value of every row stands: what an engine keeps in memory beside its log. */
export class StoredRows {
  readonly #tables: Readonly<Record<TableName, Table>> = {
    records: newTable(),
    hints: newTable(),
    membership: newTable(),
    incarnations: newTable(),
  };
  #liveSizeBytes = 0;

  /** About what a log of these rows and nothing else would take. */
  get liveSizeBytes(): number {
    return this.#liveSizeBytes;
  }

  get(table: TableName, keyText: string): StoredValue | undefined {
    return this.#tables[table].values.get(keyText);
  }

  count(table: TableName): number {
    return this.#tables[table].values.size;
  }

  /** The row stands there from now on, or nowhere. */
  set(table: TableName, keyText: string, stored: StoredValue | undefined): void {
    const { values, keys } = this.#tables[table];
    const before = values.get(keyText);
    if (before !== undefined) {
      this.#liveSizeBytes -= entrySizeBytes(keyText, before);
    }
    if (stored === undefined) {
      values.delete(keyText);
      return;
    }
    this.#liveSizeBytes += entrySizeBytes(keyText, stored);
    values.set(keyText, stored);
    if (before === undefined) {
      keys.add(keyText, values.size);
    }
  }

  /** Rows in the range in ascending order of the key; nothing may change meanwhile. */
  *range(table: TableName, options: Omit<ScanOptions, "limit">): Generator<LogEntry> {
    const { values, keys } = this.#tables[table];
    const prefix = options.prefix === undefined ? "" : byteString(options.prefix);
    const after = options.after === undefined ? "" : byteString(options.after);
    for (const keyText of keys.from(after.startsWith(prefix) ? after : prefix, values)) {
      if (!keyText.startsWith(prefix)) {
        return;
      }
      if (keyText > after) {
        yield { table, keyText, stored: values.get(keyText) };
      }
    }
  }

  /** All rows, table by table, each in ascending order of the key. */
  *all(): Generator<LogEntry> {
    for (const table of TABLE_NAMES) {
      yield* this.range(table, {});
    }
  }
}

interface Table {
  readonly values: Map<string, StoredValue>;
  readonly keys: SortedKeys;
}

function newTable(): Table {
  return { values: new Map(), keys: new SortedKeys() };
}

function entrySizeBytes(keyText: string, { sizeBytes }: StoredValue): number {
  return ENTRY_HEADER_SIZE_BYTES + keyText.length + sizeBytes;
}
