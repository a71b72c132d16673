import { FormatError, Reader, Writer } from "../base/binary.ts";
import { KEY_BYTES_MAX } from "./key-limit.ts";

/**
 * Rows on their way out of a node or into one, for snapshots (D-6.2-8). The body of `/admin/rows`, both ways:
 *
 *     page = u8 format version (1), bytes next, varint count, rows
 *     row  = bytes key, u8 state (0 damaged, 1 whole), bytes record where it is whole
 */
export interface RowPage {
  readonly rows: readonly PageRow[];
  /** Where the next page goes on, to be sent back as it is; undefined: this was the last one. */
  readonly next: Uint8Array | undefined;
}

export interface PageRow {
  readonly key: Uint8Array;
  /** Canonical bytes of all versions; undefined where the node's disk has garbled them. */
  readonly record: Uint8Array | undefined;
}

/** A page is full from here on; one row more may be on it, however long. */
export const PAGE_BYTES = 1_024 * 1_024;

/** Most rows on a page: the shortest ones cost many times their length once they are read. */
export const PAGE_ROWS_MAX = 1_024;

/** Longest body: a full page and the longest record that travels between nodes. */
export const PAGE_BYTES_MAX = PAGE_BYTES + 64 * 1_024 * 1_024;

export function encodeRowPage({ rows, next }: RowPage): Uint8Array {
  const sizeBytes = rows.reduce((sum, row) => sum + pageRowBytes(row), 64);
  const writer = new Writer(sizeBytes);
  writer.u8(FORMAT_VERSION);
  writer.bytes(next ?? NOTHING);
  writer.varint(rows.length);
  for (const { key, record } of rows) {
    writer.bytes(key);
    writer.u8(record === undefined ? DAMAGED : WHOLE);
    if (record !== undefined) writer.bytes(record);
  }
  return writer.finish();
}

/** Keys and records are views of `bytes`. Throws FormatError on what `encodeRowPage` cannot have made. */
export function decodeRowPage(bytes: Uint8Array): RowPage {
  const reader = new Reader(bytes, "a page of rows");
  const version = reader.u8();
  if (version !== FORMAT_VERSION) {
    reader.fail(`its format version is ${version} and only ${FORMAT_VERSION} is known`);
  }
  const next = reader.bytes(CURSOR_BYTES_MAX);
  const count = reader.varint(PAGE_ROWS_MAX);
  const rows: PageRow[] = [];
  for (let index = 0; index < count; index += 1) {
    const key = reader.bytes(KEY_BYTES_MAX);
    if (key.length === 0) reader.fail("a key is empty");
    const state = reader.u8();
    if (state !== DAMAGED && state !== WHOLE) reader.fail(`a row has state ${state}`);
    rows.push({ key, record: state === WHOLE ? reader.bytes(PAGE_BYTES_MAX) : undefined });
  }
  reader.end();
  return { rows, next: next.length === 0 ? undefined : next };
}

/** About what a row takes on a page. */
export function pageRowBytes({ key, record }: PageRow): number {
  return key.length + (record?.length ?? 0) + ROW_OVERHEAD_BYTES;
}

/** Numbers that name both ends of a run of partitions, as in `0-15`; one alone is a run of its own. */
export interface PartitionRun {
  readonly first: number;
  readonly last: number;
}

/** Throws FormatError on anything else, and on a run that ends beyond the last partition. */
export function parsePartitionRun(text: string, partitionCount: number): PartitionRun {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const run = { first: Number(first), last: Number(last) };
  if (!(run.first <= run.last && run.last < partitionCount)) {
    throw new FormatError(
      `Cannot use partitions ${JSON.stringify(text)}: allowed is a number or a run such as 0-15, up to ${partitionCount - 1}`,
    );
  }
  return run;
}

const FORMAT_VERSION = 1;
const DAMAGED = 0;
const WHOLE = 1;
/** The longest key of a row that an engine takes. */
const CURSOR_BYTES_MAX = 1_900;
const ROW_OVERHEAD_BYTES = 8;
const NOTHING = new Uint8Array(0);
