import { FormatError } from "../base/binary.ts";
import { bufferOf } from "../base/bytes.ts";
import type { Actor } from "../base/ids.ts";
import type { ActorTable } from "../causality/versioning.ts";

/**
 * A row of the tables `records` and `hints` (architecture, "A key's data"):
 *
 *     row = u8 format version (1), u8 length, local actor (ASCII), record (to the end, as it travels)
 */
export interface Row {
  /** Under whom this node has minted in this row; undefined where it has not. */
  readonly localActor: Actor | undefined;
  /** Canonical bytes of the siblings. */
  readonly record: Uint8Array;
}

/** Copies both parts once. Shares memory with Node's buffer pool: an engine that keeps rows as they are copies them. */
export function encodeRow({ localActor, record }: Row): Uint8Array {
  const actor = localActor ?? "";
  const row = Buffer.allocUnsafe(HEADER_SIZE_BYTES + actor.length + record.length);
  row[0] = ROW_FORMAT_VERSION;
  row[1] = actor.length;
  row.write(actor, HEADER_SIZE_BYTES, "latin1");
  row.set(record, HEADER_SIZE_BYTES + actor.length);
  return row;
}

/** How many bytes `encodeRow` makes of it. */
export function rowSizeBytes({ localActor, record }: Row): number {
  return HEADER_SIZE_BYTES + (localActor?.length ?? 0) + record.length;
}

/**
 * The record is a view of `bytes`. With `actors` the local actor takes less time, where it is known. Throws FormatError on
 * what `encodeRow` cannot have made.
 */
export function decodeRow(bytes: Uint8Array, actors?: ActorTable): Row {
  const recordStart = recordStartOf(bytes);
  return {
    localActor: localActorOf(bytes, recordStart, actors),
    record: bytes.subarray(recordStart),
  };
}

/** Only the record, a view of `bytes`, for reads that need no actor. Throws FormatError like `decodeRow`. */
export function recordOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(recordStartOf(bytes));
}

const ROW_FORMAT_VERSION = 1;
const HEADER_SIZE_BYTES = 2;

function localActorOf(
  bytes: Uint8Array,
  end: number,
  actors: ActorTable | undefined,
): Actor | undefined {
  if (end === HEADER_SIZE_BYTES) {
    return undefined;
  }
  const known = actors?.find(bytes, HEADER_SIZE_BYTES, end);
  return known ?? (bufferOf(bytes).toString("latin1", HEADER_SIZE_BYTES, end) as Actor);
}

function recordStartOf(bytes: Uint8Array): number {
  // By index: taking a byte array apart would run an iterator on the hottest path there is.
  const version = bytes[0];
  const actorLength = bytes[1];
  if (version !== ROW_FORMAT_VERSION) {
    throw new FormatError(
      `Cannot read a row: its format version is ${version}, and this program knows ${ROW_FORMAT_VERSION}`,
    );
  }
  const start = HEADER_SIZE_BYTES + (actorLength ?? Number.POSITIVE_INFINITY);
  if (start > bytes.length) {
    throw new FormatError(`Cannot read a row of ${bytes.length} bytes: its local actor is cut off`);
  }
  return start;
}
