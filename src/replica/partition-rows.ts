import type { NodeId } from "../base/ids.ts";
import type { Assertions } from "../env/assertions.ts";
import type { PageRow, PartitionRun, RowPage } from "../protocol/row-page.ts";
import { PAGE_BYTES, PAGE_ROWS_MAX, pageRowBytes } from "../protocol/row-page.ts";
import type { Engine, Entry } from "../storage/engine.ts";
import { recordOf } from "./row.ts";
import {
  hintPrefix,
  keyOfRecordRow,
  parseHintRowKey,
  partitionOfHintRow,
  partitionOfRecordRow,
  recordRowKey,
} from "./row-keys.ts";
import { readStored } from "./rows.ts";

export interface PartitionRowsParts {
  readonly assertions: Assertions;
  readonly engine: Engine;
  /** Everybody whom hints are kept for. */
  readonly hintOwners: () => Iterable<NodeId>;
}

export interface RowQuery {
  readonly table: "records" | "hints";
  readonly partitions: PartitionRun;
  /** `next` of the page before. */
  readonly after?: Uint8Array | undefined;
}

/**
 * A node's rows of some partitions, page by page, for snapshots (D-6.2-8). Each page is what the engine, its buffer included, shows when
 * it is read: every row whole, and all of those on it that were there when the first page was asked for and are not removed since.
 * Nothing is kept between two pages. Rows come in the order of their row keys, hints by their owner.
 */
export class PartitionRows {
  readonly #parts: PartitionRowsParts;

  constructor(parts: PartitionRowsParts) {
    this.#parts = parts;
  }

  /** Rejects with StorageError where rows cannot be read, FormatError where `after` is none of ours. */
  page(query: RowQuery): Promise<RowPage> {
    return query.table === "records" ? this.#records(query) : this.#hints(query);
  }

  async #records({ partitions, after }: RowQuery): Promise<RowPage> {
    const page = new Page();
    const range = {
      prefix: NO_PREFIX,
      after: after ?? recordRowKey(partitions.first, NO_PREFIX),
      isBehind: (rowKey: Uint8Array) => partitionOfRecordRow(rowKey) > partitions.last,
    };
    return { rows: page.rows, next: await this.#fill(page, "records", range) };
  }

  async #hints({ partitions, after }: RowQuery): Promise<RowPage> {
    const page = new Page();
    const from = after && parseHintRowKey(after).owner;
    for (const owner of [...this.#parts.hintOwners()].sort()) {
      if (from !== undefined && owner < from) continue;
      const prefix = hintPrefix(owner);
      const range = {
        prefix,
        after:
          after !== undefined && owner === from
            ? after
            : Buffer.concat([prefix, recordRowKey(partitions.first, NO_PREFIX)]),
        isBehind: (rowKey: Uint8Array) => partitionOfHintRow(rowKey) > partitions.last,
      };
      const next = await this.#fill(page, "hints", range);
      this.#parts.assertions.sometimes("a snapshot was given hints", page.rows.length > 0);
      if (next !== undefined) return { rows: page.rows, next };
    }
    return { rows: page.rows, next: undefined };
  }

  /** Reads until the range ends, which gives undefined, or the page is full: then the last row key on it. */
  async #fill(
    page: Page,
    table: RowQuery["table"],
    { prefix, after: start, isBehind }: Range,
  ): Promise<Uint8Array | undefined> {
    for (let after = start; ; ) {
      const limit = page.roomRows;
      const entries = await this.#parts.engine.scan(table, { prefix, after, limit });
      for (const entry of entries) {
        if (isBehind(entry.key)) return undefined;
        page.add(rowOf(table, entry));
        after = entry.key;
        if (page.isFull) return after;
      }
      if (entries.length < limit) return undefined;
    }
  }
}

/** Small enough to hold nobody up. */
const SCAN_LIMIT = 32;
const NO_PREFIX = new Uint8Array(0);

interface Range {
  readonly prefix: Uint8Array;
  readonly after: Uint8Array;
  /** True of keys beyond the last partition asked for. */
  readonly isBehind: (rowKey: Uint8Array) => boolean;
}

class Page {
  readonly rows: PageRow[] = [];
  #sizeBytes = 0;

  get isFull(): boolean {
    return this.rows.length >= PAGE_ROWS_MAX || this.#sizeBytes >= PAGE_BYTES;
  }

  /** How many rows to read next: what of them has no room is read again for the next page, so one first, then by the mean. */
  get roomRows(): number {
    const { length } = this.rows;
    if (length === 0) return 1;
    const meanBytes = this.#sizeBytes / length;
    return Math.min(SCAN_LIMIT, Math.ceil((PAGE_BYTES - this.#sizeBytes) / meanBytes));
  }

  add(row: PageRow): void {
    this.rows.push(row);
    this.#sizeBytes += pageRowBytes(row);
  }
}

function rowOf(table: RowQuery["table"], { key: rowKey, value }: Entry): PageRow {
  const key =
    table === "records" ? keyOfRecordRow(rowKey) : readStored(() => parseHintRowKey(rowKey)).key;
  return { key, record: value && readStored(() => recordOf(value)) };
}
