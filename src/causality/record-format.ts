import { Reader, Writer } from "../base/binary.ts";
import { compareBytes } from "../base/bytes.ts";
import type { VersioningMode } from "./versioning.ts";

/**
 * What the record formats of all modes share.
 *
 *     record   = u8 format version (of the mode), u8 mode, body
 *     payloads = varint count, count times bytes
 */
/** Numbers of the modes on the wire and on disk; never given to another mode. */
export const MODE_CODES = {
  dvvset: 1,
  merged: 2,
  "vector-clock": 3,
  "vector-clock-max": 4,
  lww: 5,
  "lww-hybrid": 6,
} as const satisfies Record<VersioningMode, number>;

/**
 * Format version of each mode's records. 2: pairs carry times (D-4.4-8). Records of version 1 of those modes are refused: they
 * are the modes that show what the paper's clocks do, and nobody keeps data in them.
 */
const FORMAT_VERSIONS = {
  dvvset: 1,
  merged: 2,
  "vector-clock": 2,
  "vector-clock-max": 2,
  lww: 1,
  "lww-hybrid": 1,
} as const satisfies Record<VersioningMode, number>;

/** What a reader calls them in errors; written out, since the text would be built for each record that is read. */
const RECORD_NAMES = {
  dvvset: "a dvvset record",
  merged: "a merged record",
  "vector-clock": "a vector-clock record",
  "vector-clock-max": "a vector-clock-max record",
  lww: "a lww record",
  "lww-hybrid": "a lww-hybrid record",
} as const satisfies Record<VersioningMode, string>;

export const NO_PAYLOADS: readonly Uint8Array[] = [];

/** Most versions one record may hold. */
const VERSIONS_MAX = 65_535;

/** Largest payload, in bytes; what a client may send is limited long before. */
export const PAYLOAD_SIZE_BYTES_MAX = 64 * 1024 * 1024;

/** Begins a record of a mode; `sizeBytes` is a guess that saves copying. */
export function beginRecord(mode: VersioningMode, sizeBytes: number): Writer {
  const writer = new Writer(sizeBytes);
  writer.u8(FORMAT_VERSIONS[mode]);
  writer.u8(MODE_CODES[mode]);
  return writer;
}

/** Checks the head and leaves the reader at the body. */
export function openRecord(mode: VersioningMode, bytes: Uint8Array): Reader {
  const reader = new Reader(bytes, RECORD_NAMES[mode]);
  const version = reader.u8();
  if (version !== FORMAT_VERSIONS[mode]) {
    reader.fail(`its format version is ${version} and only ${FORMAT_VERSIONS[mode]} is known`);
  }
  const code = reader.u8();
  if (code !== MODE_CODES[mode]) {
    reader.fail(`it was written under mode ${code} and this is mode ${MODE_CODES[mode]}`);
  }
  return reader;
}

export function writePayloads(writer: Writer, payloads: readonly Uint8Array[]): void {
  writeCount(writer, payloads.length);
  for (const payload of payloads) {
    writer.bytes(payload);
  }
}

export function readPayloads(reader: Reader): readonly Uint8Array[] {
  const count = reader.varint(VERSIONS_MAX);
  // Nearly always none or one: an array that grows from nothing would begin with room for 17.
  if (count === 0) return NO_PAYLOADS;
  const payloads = [reader.bytes(PAYLOAD_SIZE_BYTES_MAX)];
  for (let index = 1; index < count; index += 1) {
    payloads.push(reader.bytes(PAYLOAD_SIZE_BYTES_MAX));
  }
  return payloads;
}

/** The number of versions, which is bounded. */
export function writeCount(writer: Writer, count: number): void {
  if (count > VERSIONS_MAX) {
    throw new RangeError(`Cannot write ${count} versions of one key: the limit is ${VERSIONS_MAX}`);
  }
  writer.varint(count);
}

/** Room that these payloads take in a record, lengths included; a guess from above. */
export function payloadRoom(payloads: readonly Uint8Array[]): number {
  let sizeBytes = 0;
  for (const payload of payloads) {
    sizeBytes += payload.length + 5;
  }
  return sizeBytes;
}

/** Byte strings in ascending order without repetition: a set. */
export function isAscending(payloads: readonly Uint8Array[]): boolean {
  let previous: Uint8Array | undefined;
  for (const payload of payloads) {
    if (previous !== undefined && compareBytes(previous, payload) >= 0) {
      return false;
    }
    previous = payload;
  }
  return true;
}
