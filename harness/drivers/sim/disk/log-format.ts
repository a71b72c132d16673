import { crc32 } from "node:zlib";
import { assert } from "../../../../src/base/assert.ts";
import { byteString } from "../../../../src/storage/byte-strings.ts";
import type { TableName, Write } from "../../../../src/storage/engine.ts";
import { TABLE_NAMES } from "../../../../src/storage/engine.ts";

/**
 * The bytes of the simulated disk: commit groups one after another. Numbers are big-endian.
 *
 *     group = u32 CRC-32 of all up to the values, u32 size of the head, u32 size of the values, head, values
 *     head  = entry*
 *     entry = u8 table, u16 size of the key, u32 size of the value or 2^32-1 for a removal, u32 seal, key
 *     seal  = CRC-32 of the key and then the value; 0 for a removal
 *
 * The values stand behind the heads, in the same order, so that one checksum covers everything but them: what is stored under
 * which key stays known where a value is damaged. It covers the seals, so
 * that both together cover the whole group.
 */
const GROUP_HEADER_SIZE_BYTES = 12;

const CHECKSUM_SIZE_BYTES = 4;
export const ENTRY_HEADER_SIZE_BYTES = 11;
const REMOVED = 0xffff_ffff;

/** One entry of a group that was read. */
export interface LogEntry {
  readonly table: TableName;
  /** The key as a byte string. */
  readonly keyText: string;
  /** Where the value's bytes are; undefined for a removal. */
  readonly stored: StoredValue | undefined;
}

/** A value in the log. */
export interface StoredValue {
  readonly at: number;
  readonly sizeBytes: number;
  readonly seal: number;
  /** Its bytes as they were written or last read, which nobody changes: good for as long as the disk has garbled nothing. */
  known?: Uint8Array;
}

export interface Group {
  readonly entries: readonly LogEntry[];
  /** Where the next group begins. */
  readonly end: number;
}

export function sealOf(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key));
}

/** What a group of these writes takes, in bytes. */
export function groupSizeBytes(writes: readonly Write[]): number {
  let sizeBytes = GROUP_HEADER_SIZE_BYTES;
  for (const { key, value } of writes) {
    sizeBytes += ENTRY_HEADER_SIZE_BYTES + key.length + (value === undefined ? 0 : value.length);
  }
  return sizeBytes;
}

/**
 * Writes one group at `at`, where there must be room for it, and returns where its values begin. `seals` are those of the
 * writes, in their order; a checkpoint gives the old ones, so that a value damaged before stays damaged.
 */
export function writeGroup(
  target: { readonly bytes: Uint8Array; readonly view: DataView; readonly at: number },
  writes: readonly Write[],
  seals: readonly number[],
): number {
  const { bytes, view } = target;
  const headAt = target.at + GROUP_HEADER_SIZE_BYTES;
  let at = headAt;
  for (let index = 0; index < writes.length; index += 1) {
    const { table, key, value } = writes[index] as Write;
    view.setUint8(at, TABLE_NAMES.indexOf(table));
    view.setUint16(at + 1, key.length);
    view.setUint32(at + 3, value === undefined ? REMOVED : value.length);
    view.setUint32(at + 7, value === undefined ? 0 : (seals[index] as number));
    bytes.set(key, at + ENTRY_HEADER_SIZE_BYTES);
    at += ENTRY_HEADER_SIZE_BYTES + key.length;
  }
  const valuesAt = at;
  for (const { value } of writes) {
    if (value !== undefined) {
      bytes.set(value, at);
      at += value.length;
    }
  }
  view.setUint32(target.at + CHECKSUM_SIZE_BYTES, valuesAt - headAt);
  view.setUint32(target.at + CHECKSUM_SIZE_BYTES + 4, at - valuesAt);
  view.setUint32(target.at, crc32(bytes.subarray(target.at + CHECKSUM_SIZE_BYTES, valuesAt)));
  return valuesAt;
}

/**
 * The group that begins at `at`, or undefined where none does: the log ends, or its head is torn or damaged. Values may
 * be damaged; see `isIntact`.
 */
export function readGroup(log: Uint8Array, at: number): Group | undefined {
  const headAt = at + GROUP_HEADER_SIZE_BYTES;
  if (headAt > log.length) {
    return undefined;
  }
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const valuesAt = headAt + view.getUint32(at + CHECKSUM_SIZE_BYTES);
  const end = valuesAt + view.getUint32(at + CHECKSUM_SIZE_BYTES + 4);
  if (end > log.length) {
    return undefined;
  }
  if (crc32(log.subarray(at + CHECKSUM_SIZE_BYTES, valuesAt)) !== view.getUint32(at)) {
    return undefined;
  }
  return { entries: readEntries(log, view, { headAt, valuesAt, end }), end };
}

/** True where a value is what was written. */
export function isIntact(log: Uint8Array, { keyText, stored }: LogEntry): boolean {
  return (
    stored === undefined || sealsMatch(Buffer.from(keyText, "latin1"), stored, valueIn(log, stored))
  );
}

export function sealsMatch(key: Uint8Array, { seal }: StoredValue, value: Uint8Array): boolean {
  return sealOf(key, value) === seal;
}

/** A view of the value's bytes. */
export function valueIn(log: Uint8Array, { at, sizeBytes }: StoredValue): Uint8Array {
  return log.subarray(at, at + sizeBytes);
}

interface Bounds {
  readonly headAt: number;
  readonly valuesAt: number;
  readonly end: number;
}

/** Takes a head apart whose checksum was right: anything wrong in it now was written so. */
function readEntries(
  log: Uint8Array,
  view: DataView,
  { headAt, valuesAt, end }: Bounds,
): LogEntry[] {
  const entries: LogEntry[] = [];
  let valueAt = valuesAt;
  let at = headAt;
  while (at < valuesAt) {
    const table = TABLE_NAMES[view.getUint8(at)];
    const keySizeBytes = view.getUint16(at + 1);
    const sizeBytes = view.getUint32(at + 3);
    const seal = view.getUint32(at + 7);
    assert(
      table !== undefined,
      "Cannot read the simulated disk: it names a table that there is not",
    );
    const keyAt = at + ENTRY_HEADER_SIZE_BYTES;
    at = keyAt + keySizeBytes;
    const isRemoval = sizeBytes === REMOVED;
    entries.push({
      table,
      keyText: byteString(log.subarray(keyAt, at)),
      stored: isRemoval ? undefined : { at: valueAt, sizeBytes, seal },
    });
    valueAt += isRemoval ? 0 : sizeBytes;
  }
  assert(at === valuesAt && valueAt === end, "Cannot read the simulated disk: sizes do not add up");
  return entries;
}
