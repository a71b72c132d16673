import { FormatError } from "../base/binary.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";

/**
 * Keys of rows. The range comes first, so that one range of `records` is one run of keys:
 *
 *     records = u16 range, key (to the end)
 *     hints   = u8 length, owner id (ASCII), u16 range, key (to the end)
 */
export function recordRowKey(partition: number, key: Uint8Array): Uint8Array {
  const rowKey = Buffer.allocUnsafe(RANGE_SIZE_BYTES + key.length);
  rowKey.writeUInt16BE(partition, 0);
  rowKey.set(key, RANGE_SIZE_BYTES);
  return rowKey;
}

export function hintRowKey(owner: NodeId, partition: number, key: Uint8Array): Uint8Array {
  const prefix = hintPrefix(owner);
  const rowKey = Buffer.allocUnsafe(prefix.length + RANGE_SIZE_BYTES + key.length);
  rowKey.set(prefix, 0);
  rowKey.writeUInt16BE(partition, prefix.length);
  rowKey.set(key, prefix.length + RANGE_SIZE_BYTES);
  return rowKey;
}

/** What all hint rows of one owner begin with, and no others. */
export function hintPrefix(owner: NodeId): Uint8Array {
  const prefix = Buffer.allocUnsafe(1 + owner.length);
  prefix[0] = owner.length;
  prefix.write(owner, 1, "latin1");
  return prefix;
}

/** The range in a key of `records`. */
export function partitionOfRecordRow(rowKey: Uint8Array): number {
  return ((rowKey[0] ?? 0) << 8) | (rowKey[1] ?? 0);
}

/** The range in a key of `hints`. */
export function partitionOfHintRow(rowKey: Uint8Array): number {
  return partitionOfRecordRow(rowKey.subarray(1 + (rowKey[0] ?? 0)));
}

/** The client's key in a key of `records`; a view. */
export function keyOfRecordRow(rowKey: Uint8Array): Uint8Array {
  return rowKey.subarray(RANGE_SIZE_BYTES);
}

/** Owner and client's key of a hint row; the key is a view. Throws FormatError on what `hintRowKey` cannot have made. */
export function parseHintRowKey(rowKey: Uint8Array): {
  readonly owner: NodeId;
  readonly key: Uint8Array;
} {
  const ownerEnd = 1 + (rowKey[0] ?? 0);
  const keyStart = ownerEnd + RANGE_SIZE_BYTES;
  if (ownerEnd === 1 || keyStart >= rowKey.length) {
    throw new FormatError(`Cannot read a hint's row key of ${rowKey.length} bytes: it is cut off`);
  }
  const owner = Buffer.from(rowKey.buffer, rowKey.byteOffset + 1, ownerEnd - 1).toString("latin1");
  return { owner: nodeId(owner), key: rowKey.subarray(keyStart) };
}

const RANGE_SIZE_BYTES = 2;
