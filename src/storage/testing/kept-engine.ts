import { byteString } from "../byte-strings.ts";
import type { Entry, ScanOptions, TableName, Write } from "../engine.ts";
import { DamageError, StorageError, TABLE_NAMES } from "../engine.ts";
import { MemoryEngine } from "../memory-engine.ts";

/** The data of a node that outlive it: closing changes nothing, the next life gets the same engine. Tests copy and garble them. */
export class KeptEngine extends MemoryEngine {
  readonly #damaged = new Set<string>();
  #failsNext = false;

  /** The next write is refused. */
  failNext(): void {
    this.#failsNext = true;
  }

  /** What a backup taken now holds. */
  async copy(): Promise<KeptEngine> {
    const copy = new KeptEngine();
    for (const table of TABLE_NAMES) {
      const entries = await super.scan(table, { limit: Number.MAX_SAFE_INTEGER });
      await copy.write(entries.map(({ key, value }) => ({ table, key, value })));
    }
    return copy;
  }

  /** Garbles all rows of a table that there are. Gives their keys. */
  async damage(table: TableName): Promise<readonly Uint8Array[]> {
    const entries = await super.scan(table, { limit: Number.MAX_SAFE_INTEGER });
    for (const { key } of entries) this.damageRow(table, key);
    return entries.map(({ key }) => key);
  }

  /** Garbles one row, until it is written again. */
  damageRow(table: TableName, key: Uint8Array): void {
    this.#damaged.add(idOf(table, key));
  }

  override async get(table: TableName, key: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#damaged.has(idOf(table, key))) throw new DamageError("Cannot read: the test says so");
    return super.get(table, key);
  }

  override async scan(table: TableName, options: ScanOptions): Promise<readonly Entry[]> {
    const entries = await super.scan(table, options);
    return entries.map(({ key, value }) => ({
      key,
      value: this.#damaged.has(idOf(table, key)) ? undefined : value,
    }));
  }

  override write(writes: readonly Write[]): Promise<void> {
    if (this.#failsNext) {
      this.#failsNext = false;
      return Promise.reject(new StorageError("Cannot write: the test says so"));
    }
    for (const { table, key } of writes) this.#damaged.delete(idOf(table, key));
    return super.write(writes);
  }

  override async close(): Promise<void> {}
}

function idOf(table: TableName, key: Uint8Array): string {
  return `${table} ${byteString(key)}`;
}
