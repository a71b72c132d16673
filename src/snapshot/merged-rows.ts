import { FormatError } from "../base/binary.ts";
import { compareBytes, equalBytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Siblings, Versioning } from "../causality/versioning.ts";
import { SnapshotError } from "./contract.ts";
import type { RowStream } from "./row-stream.ts";

/** All that was found of one key. */
export interface MergedRow {
  readonly partition: number;
  readonly key: Uint8Array;
  /** Undefined where nobody had a whole one. */
  readonly record: Uint8Array | undefined;
  /** Nodes whose copy is damaged. */
  readonly damagedAt: readonly NodeId[];
}

/** Records of a key that were found before its rows are read: its hints. By partition, then by key. */
export interface FoundRow {
  readonly partition: number;
  readonly key: Uint8Array;
  readonly record: Uint8Array;
}

export interface MergeParts {
  readonly versioning: Versioning;
  readonly partitionOf: (key: Uint8Array) => number;
}

/**
 * The rows of several nodes and what was found before, each key once, with the merge of all its records, in the order of
 * partitions and keys. Rejects with SnapshotError where a record cannot be read.
 */
export async function* mergedRows(
  { versioning, partitionOf }: MergeParts,
  streams: readonly RowStream[],
  found: readonly FoundRow[],
): AsyncGenerator<MergedRow> {
  let foundAt = 0;
  for (;;) {
    const empty = streams.filter((stream) => stream.isEmpty);
    if (empty.length > 0) await Promise.all(empty.map((stream) => stream.load()));
    let first: Place | undefined = found[foundAt];
    for (const { head } of streams) {
      if (head === undefined) continue;
      const place = { partition: partitionOf(head.key), key: head.key };
      if (first === undefined || order(place, first) < 0) first = place;
    }
    if (first === undefined) return;
    const { partition, key } = first;
    const records: Uint8Array[] = [];
    const damagedAt: NodeId[] = [];
    for (const stream of streams) {
      const { head } = stream;
      if (head === undefined || !equalBytes(head.key, key)) continue;
      if (head.record === undefined) damagedAt.push(stream.node);
      else records.push(head.record);
      stream.take();
    }
    for (let each = found[foundAt]; each !== undefined && equalBytes(each.key, key); ) {
      records.push(each.record);
      foundAt += 1;
      each = found[foundAt];
    }
    yield { partition, key, record: mergeRecords(versioning, key, records), damagedAt };
  }
}

export function order(left: Place, right: Place): number {
  return left.partition - right.partition || compareBytes(left.key, right.key);
}

interface Place {
  readonly partition: number;
  readonly key: Uint8Array;
}

function mergeRecords(
  versioning: Versioning,
  key: Uint8Array,
  records: readonly Uint8Array[],
): Uint8Array | undefined {
  const [first, ...others] = records;
  if (first === undefined) return undefined;
  let merged = decode(versioning, key, first);
  let bytes: Uint8Array | undefined = first;
  for (const other of others) {
    if (bytes !== undefined && equalBytes(other, bytes)) continue;
    const next = versioning.merge(merged, decode(versioning, key, other));
    if (next === merged) continue;
    merged = next;
    bytes = undefined;
  }
  return bytes ?? versioning.encode(merged);
}

function decode(versioning: Versioning, key: Uint8Array, record: Uint8Array): Siblings {
  try {
    return versioning.decode(record);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const name = Buffer.from(key).toString("hex");
    throw new SnapshotError("failure", `Cannot use the record of key ${name}: ${error.message}`, {
      cause: error,
    });
  }
}
