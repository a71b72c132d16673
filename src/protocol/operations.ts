/*
 * Problem: a put that is sent again, since its answer was lost, becomes a sibling of itself, or brings back what was overwritten
 * meanwhile (K-11). Sketch: the client names the write, and whoever coordinates it looks for the name in the versions that it
 * holds. A version keeps its own operation and the last few that its coordinator knew, so that a write which was overwritten is
 * still found, and so is one that arrived as a hint. Where two coordinators know nothing of each other there are two versions
 * all the same; reads show them as one, under a context that covers both.
 *
 * An operation is a hash of the client's token and of everything the request says: nobody can pass a second value off as the
 * repetition of a first, by mistake or on purpose. It means something among the versions of one key alone.
 */
import { Writer } from "../base/binary.ts";
import { concatBytes, equalBytes } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import type { Payload } from "./payload.ts";
import {
  decodeOperations,
  decodePayload,
  encodePayload,
  KNOWN_OPERATIONS_MAX,
  OPERATION_BYTES,
} from "./payload.ts";

export interface OperationParts extends Payload {
  /** As the client sent it, 16 to 64 characters that it never uses for another write. */
  readonly token: string;
  /** The context token as it came; empty for a blind write. */
  readonly context: Uint8Array;
}

/** 16 bytes that only the same request has. */
export function operationOf(parts: OperationParts): Uint8Array {
  const { token, context, contentType, tombstone, bytes } = parts;
  const head = new Writer(128 + context.length);
  head.ascii(token);
  head.bytes(context);
  head.ascii(contentType);
  head.u8(tombstone ? 1 : 0);
  return sha256(concatBytes([head.finish(), bytes])).subarray(0, OPERATION_BYTES);
}

/** True where the operation of `payload` is among those that the versions are or know of. */
export function isDoneAlready(payload: Uint8Array, held: readonly Uint8Array[]): boolean {
  const { own } = decodeOperations(payload);
  if (own === undefined) return false;
  return held.some((version) => {
    const operations = decodeOperations(version);
    const isOwn = operations.own !== undefined && isSame(operations.own, 0, own, 0);
    return isOwn || lists(operations.known, operations.known.length, own, 0);
  });
}

/** The payload with what the versions know of operations: their own ones first, then in turn what each knows, newest first. */
export function withKnownOperations(payload: Uint8Array, held: readonly Uint8Array[]): Uint8Array {
  const versions = held.map(decodeOperations);
  const known = Buffer.allocUnsafe(KNOWN_OPERATIONS_MAX * OPERATION_BYTES);
  let end = 0;
  const add = (from: Uint8Array, at: number): void => {
    if (end === known.length || lists(known, end, from, at)) return;
    for (let index = 0; index < OPERATION_BYTES; index += 1) {
      known[end + index] = from[at + index] as number;
    }
    end += OPERATION_BYTES;
  };
  for (let age = 0; age <= KNOWN_OPERATIONS_MAX; age += 1) {
    for (const { own, known: older } of versions) {
      const olderAt = (age - (own === undefined ? 0 : 1)) * OPERATION_BYTES;
      if (own !== undefined && age === 0) add(own, 0);
      else if (olderAt < older.length) add(older, olderAt);
    }
  }
  if (end === 0) return payload;
  const { own } = decodeOperations(payload);
  return encodePayload(decodePayload(payload), { own, known: known.subarray(0, end) });
}

/** The versions without those whose operation another one is of, too. */
export function withoutRepetition(versions: readonly Uint8Array[]): readonly Uint8Array[] {
  if (versions.length < 2) return versions;
  const seen: Uint8Array[] = [];
  return versions.filter((version) => {
    const { own } = decodeOperations(version);
    if (own === undefined) return true;
    if (seen.some((other) => equalBytes(other, own))) return false;
    seen.push(own);
    return true;
  });
}

/** True where the operation at `at` is among those that stand side by side up to `end`. */
function lists(operations: Uint8Array, end: number, wanted: Uint8Array, at: number): boolean {
  for (let start = 0; start < end; start += OPERATION_BYTES) {
    if (isSame(operations, start, wanted, at)) return true;
  }
  return false;
}

/** Two hashes that differ mostly do so in their first byte. */
function isSame(left: Uint8Array, leftAt: number, right: Uint8Array, rightAt: number): boolean {
  for (let index = 0; index < OPERATION_BYTES; index += 1) {
    if (left[leftAt + index] !== right[rightAt + index]) return false;
  }
  return true;
}
