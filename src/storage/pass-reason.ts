import { assert } from "../base/assert.ts";
import type { BufferedRows } from "./buffered-rows.ts";
import type { TableName, Write } from "./engine.ts";

/** Why a write goes past the buffer, and is acknowledged only when the engine below has it. */
export type PassReason = "durable" | "table" | "full" | "failing";

interface BufferState {
  readonly rows: BufferedRows;
  readonly objectsMax: number;
  /** A flush failed, and the engine below has stored nothing since. */
  readonly isFailing: boolean;
}

/** Undefined: the buffer takes it. */
export function passReason(
  writes: readonly Write[],
  durable: boolean,
  { rows, objectsMax, isFailing }: BufferState,
): PassReason | undefined {
  if (!writes.every(isBuffered)) {
    // Two such batches, each with a row that hides one of the other's, would wait for each other.
    assert(!writes.some(isBuffered), "Cannot write to buffered tables and others in one batch");
    return "table";
  }
  if (durable) return "durable";
  if (isFailing) return "failing";
  const growth = rows.growth(writes);
  const fits =
    rows.count + growth.count <= objectsMax &&
    rows.sizeBytes + growth.sizeBytes <= BUFFER_SIZE_BYTES_MAX;
  return fits ? undefined : "full";
}

/** What nodes say of themselves is durable at once, and nothing clients wrote is older than that. */
const BUFFERED_TABLES: ReadonlySet<TableName> = new Set(["records", "hints"]);

function isBuffered({ table }: Write): boolean {
  return BUFFERED_TABLES.has(table);
}

/** A thousand objects of the largest size would be a gigabyte. */
const BUFFER_SIZE_BYTES_MAX = 64 * 1_024 * 1_024;
