/*
 * What a version carries. Causality sees only opaque bytes.
 *
 *     payload     = version:u8 (1) flags:u8 length:u8 contentType:ASCII[length] [own] [known] [superseded] value:rest
 *     flags       = 1 for a tombstone, which has no content type and no value; plus 2 with own; plus 4 with known; plus 8 with
 *                   superseded
 *     contentType = 0 to 255 characters of 0x20 to 0x7e
 *     own         = the write's operation, 16 bytes
 *     known       = count:u8 (1 or more), then as many operations; no longer written, and read over, since it named concurrent
 *                   writes beside superseded ones
 *     superseded  = count:u16 (1 or more), then the first 8 bytes of as many operations: those of the writes that this one took
 *                   the place of
 *
 * What operations are for stands in `operations.ts`.
 */
import { FormatError } from "../base/binary.ts";
import { bufferOf } from "../base/bytes.ts";

/** One version as a client wrote it. */
export interface Payload {
  /** Media type as the writer sent it; empty where it sent none, and in a tombstone. */
  readonly contentType: string;
  readonly tombstone: boolean;
  /** The value; empty in a tombstone. */
  readonly bytes: Uint8Array;
}

/** Operations of a version. */
export interface PayloadOperations {
  /** That of the write itself, 16 bytes, where it has a name. */
  readonly own: Uint8Array | undefined;
  /** The first 8 bytes of the operations of the writes that it superseded, the newest first, one after the other. */
  readonly superseded: Uint8Array;
}

const VERSION = 1;
const TOMBSTONE = 1;
const OWN = 2;
const KNOWN = 4;
const SUPERSEDED = 8;
const FLAGS_MAX = TOMBSTONE | OWN | KNOWN | SUPERSEDED;
const HEAD_BYTES = 3;
export const OPERATION_BYTES = 16;
/** Of an operation in a list. */
export const LISTED_BYTES = 8;
const LISTED_COUNT_MAX = 0xffff;
export const CONTENT_TYPE_CHARS_MAX = 255;
const CONTENT_TYPE_PATTERN = /^[\x20-\x7e]{0,255}$/;
const NONE = new Uint8Array(0);
const NO_OPERATIONS: PayloadOperations = { own: undefined, superseded: NONE };

/** The payload of every delete. */
export const TOMBSTONE_PAYLOAD: Payload = { contentType: "", tombstone: true, bytes: NONE };

/** Throws RangeError on a content type that cannot be kept, on a tombstone with a value, and on a list of operations that is none. */
export function encodePayload(
  { contentType, tombstone, bytes }: Payload,
  operations: PayloadOperations = NO_OPERATIONS,
): Uint8Array {
  if (!CONTENT_TYPE_PATTERN.test(contentType)) {
    throw new RangeError(
      `Cannot keep the content type: it must be at most ${CONTENT_TYPE_CHARS_MAX} printable ASCII characters`,
    );
  }
  if (tombstone && (contentType !== "" || bytes.length > 0)) {
    throw new RangeError("Cannot encode a tombstone: it has a content type or a value");
  }
  const operationsAt = HEAD_BYTES + contentType.length;
  const { sizeBytes, flags } = measured(operations);
  const valueAt = operationsAt + sizeBytes;
  const encoded = Buffer.allocUnsafe(valueAt + bytes.length);
  encoded[0] = VERSION;
  encoded[1] = flags | (tombstone ? TOMBSTONE : 0);
  encoded[2] = contentType.length;
  encoded.write(contentType, HEAD_BYTES, contentType.length, "latin1");
  writeOperations(encoded, operationsAt, operations);
  encoded.set(bytes, valueAt);
  return encoded;
}

/**
 * A payload with these operations in place of its own and its list; what else it says is copied and not read. Throws FormatError,
 * and RangeError on a list of operations that is none.
 */
export function withOperations(encoded: Uint8Array, operations: PayloadOperations): Uint8Array {
  const { operationsAt, valueAt } = partsOf(encoded);
  const { sizeBytes, flags } = measured(operations);
  const from = bufferOf(encoded);
  const changed = Buffer.allocUnsafe(encoded.length - (valueAt - operationsAt) + sizeBytes);
  from.copy(changed, 0, 0, operationsAt);
  changed[1] = flags | ((encoded[1] ?? 0) & TOMBSTONE);
  writeOperations(changed, operationsAt, operations);
  from.copy(changed, operationsAt + sizeBytes, valueAt);
  return changed;
}

/** What operations take in a payload, and what its flags say of them. */
function measured({ own, superseded }: PayloadOperations): { sizeBytes: number; flags: number } {
  const listed = superseded.length / LISTED_BYTES;
  if (!Number.isInteger(listed) || listed > LISTED_COUNT_MAX) {
    throw new RangeError(`Cannot encode a list of operations of ${superseded.length} bytes`);
  }
  const listBytes = listed === 0 ? 0 : 2 + superseded.length;
  return {
    sizeBytes: (own === undefined ? 0 : OPERATION_BYTES) + listBytes,
    flags: (own === undefined ? 0 : OWN) | (listed === 0 ? 0 : SUPERSEDED),
  };
}

function writeOperations(
  encoded: Buffer,
  operationsAt: number,
  { own, superseded }: PayloadOperations,
): void {
  if (own !== undefined) encoded.set(own, operationsAt);
  if (superseded.length === 0) return;
  const listAt = operationsAt + (own === undefined ? 0 : OPERATION_BYTES);
  encoded.writeUInt16BE(superseded.length / LISTED_BYTES, listAt);
  encoded.set(superseded, listAt + 2);
}

/** Without reading the rest of it. */
export function isTombstonePayload(encoded: Uint8Array): boolean {
  return encoded[0] === VERSION && ((encoded[1] ?? 0) & TOMBSTONE) !== 0;
}

/** `bytes` of the result is a view of the argument, not a copy. Throws FormatError. */
export function decodePayload(encoded: Uint8Array): Payload {
  const { flags, operationsAt, valueAt } = partsOf(encoded);
  if ((flags & TOMBSTONE) !== 0) {
    if (operationsAt > HEAD_BYTES || encoded.length > valueAt) {
      throw new FormatError("Cannot read a payload: a tombstone has a content type or a value");
    }
    return TOMBSTONE_PAYLOAD;
  }
  return {
    contentType: asciiOf(encoded, HEAD_BYTES, operationsAt),
    tombstone: false,
    bytes: encoded.subarray(valueAt),
  };
}

/** Views of the argument; none in a payload of another format, which must not stop a write. Throws FormatError. */
export function decodeOperations(encoded: Uint8Array): PayloadOperations {
  const places = operationPlaces(encoded);
  if (places === undefined) return NO_OPERATIONS;
  const { ownAt, listAt, listEnd } = places;
  return {
    own: ownAt === undefined ? undefined : encoded.subarray(ownAt, ownAt + OPERATION_BYTES),
    superseded: listAt === listEnd ? NONE : encoded.subarray(listAt, listEnd),
  };
}

/** Where a payload has its operations. */
export interface OperationPlaces {
  /** Undefined: the write has no name. */
  readonly ownAt: number | undefined;
  /** Of what it superseded; both the same where that is nothing. */
  readonly listAt: number;
  readonly listEnd: number;
}

/** As `decodeOperations`, without views of what is only compared; undefined where there are none. */
export function operationPlaces(encoded: Uint8Array): OperationPlaces | undefined {
  const isPlain = encoded[1] === 0 || encoded[1] === TOMBSTONE;
  if (isPlain || encoded[0] !== VERSION) return undefined;
  const { flags, operationsAt, supersededAt, valueAt } = partsOf(encoded);
  return {
    ownAt: (flags & OWN) === 0 ? undefined : operationsAt,
    listAt: (flags & SUPERSEDED) === 0 ? valueAt : supersededAt + 2,
    listEnd: valueAt,
  };
}

interface Parts {
  readonly flags: number;
  readonly operationsAt: number;
  readonly supersededAt: number;
  readonly valueAt: number;
}

function partsOf(encoded: Uint8Array): Parts {
  // By index: taking a byte array apart would run an iterator for each version of each read.
  const version = encoded[0];
  const flags = encoded[1];
  const length = encoded[2];
  if (version === undefined || flags === undefined || length === undefined) {
    throw new FormatError(`Cannot read a payload: it has ${encoded.length} bytes`);
  }
  if (version !== VERSION) {
    throw new FormatError(`Cannot read a payload: version ${version} is unknown`);
  }
  if (flags > FLAGS_MAX) throw new FormatError(`Cannot read a payload: flags ${flags} are unknown`);
  const operationsAt = HEAD_BYTES + length;
  const knownAt = operationsAt + ((flags & OWN) === 0 ? 0 : OPERATION_BYTES);
  const supersededAt =
    (flags & KNOWN) === 0
      ? knownAt
      : knownAt + 1 + counted(encoded[knownAt] ?? 0) * OPERATION_BYTES;
  const valueAt =
    (flags & SUPERSEDED) === 0
      ? supersededAt
      : supersededAt + 2 + counted(u16At(encoded, supersededAt)) * LISTED_BYTES;
  if (encoded.length < valueAt) {
    throw new FormatError(
      `Cannot read a payload: its head has ${valueAt} bytes and all of it ${encoded.length}`,
    );
  }
  return { flags, operationsAt, supersededAt, valueAt };
}

/** The length of a list, which is left out where it has none. */
function counted(count: number): number {
  if (count === 0) throw new FormatError("Cannot read a payload: it lists no operations");
  return count;
}

function u16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function asciiOf(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    "latin1",
    start,
    end,
  );
  if (!CONTENT_TYPE_PATTERN.test(text)) {
    throw new FormatError("Cannot read a payload: the content type is not printable ASCII");
  }
  return text;
}
