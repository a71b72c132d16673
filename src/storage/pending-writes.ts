import { ByteStrings, byteString, bytesOf } from "./byte-strings.ts";
import type { Entry, ScanOptions, TableName, Write } from "./engine.ts";
import { TABLE_NAMES } from "./engine.ts";

/**
 * Writes an engine has accepted but not finished, laid over what it has finished: the contract makes a write visible
 * as soon as `write` returns, and invisible again when it fails.
 *
 * Each key remembers only its last pending write. That is enough because writes settle in the order they were added:
 * a later write that fails never has to bring back an earlier one that is still under way.
 */
export class PendingWrites {
  readonly #tables: ReadonlyMap<TableName, Map<string, Write>> = new Map(
    TABLE_NAMES.map((name) => [name, new Map<string, Write>()]),
  );

  readonly #texts = new ByteStrings();

  add(writes: readonly Write[]): void {
    for (const write of writes) {
      this.#table(write.table).set(this.#texts.of(write.key), write);
    }
  }

  /** Ends the life of these writes, in the engine or nowhere. The same objects as were added. */
  settle(writes: readonly Write[]): void {
    for (const write of writes) {
      const table = this.#table(write.table);
      const key = this.#texts.of(write.key);
      if (table.get(key) === write) {
        table.delete(key);
      }
    }
  }

  /** The pending write of a key, where there is one. */
  get(table: TableName, key: Uint8Array): Write | undefined {
    const pending = this.#table(table);
    return pending.size === 0 ? undefined : pending.get(this.#texts.of(key));
  }

  /** Every pending write of a table, one a key. */
  of(table: TableName): Iterable<Write> {
    return this.#table(table).values();
  }

  /** How many keys of such a scan are pending removals. */
  removalsIn(table: TableName, options: ScanOptions): number {
    const pending = pendingIn(this.#table(table), options);
    return pending.filter(([, { value }]) => value === undefined).length;
  }

  /** What a scan must answer, given the finished entries of the same range in ascending order. */
  overlay(table: TableName, finished: Iterable<Entry>, options: ScanOptions): readonly Entry[] {
    const pending = pendingIn(this.#table(table), options).sort(byKey);
    const entries: Entry[] = [];
    let next = 0;
    const takePending = (before: string | undefined): string | undefined => {
      let last: string | undefined;
      for (; entries.length < options.limit; next += 1) {
        const [key, write] = pending[next] ?? [];
        if (key === undefined || write === undefined || (before !== undefined && key > before)) {
          break;
        }
        last = key;
        if (write.value !== undefined) {
          entries.push({ key: bytesOf(key), value: write.value });
        }
      }
      return last;
    };
    for (const entry of finished) {
      const key = byteString(entry.key);
      const replaced = takePending(key) === key;
      if (entries.length === options.limit) {
        return entries;
      }
      if (!replaced) {
        entries.push(entry);
      }
      if (entries.length === options.limit) {
        return entries;
      }
    }
    takePending(undefined);
    return entries;
  }

  #table(name: TableName): Map<string, Write> {
    const table = this.#tables.get(name);
    if (table === undefined) {
      throw new RangeError(`Cannot find table ${name}: there is no such table`);
    }
    return table;
  }
}

function pendingIn(
  table: ReadonlyMap<string, Write>,
  options: ScanOptions,
): (readonly [string, Write])[] {
  const prefix = options.prefix === undefined ? "" : byteString(options.prefix);
  const after = options.after === undefined ? "" : byteString(options.after);
  return [...table].filter(([key]) => key.startsWith(prefix) && key > after);
}

function byKey([left]: readonly [string, Write], [right]: readonly [string, Write]): number {
  return left < right ? -1 : 1;
}
