/*
 * Problem: a put that is sent again, since its answer was lost, becomes a sibling of itself, or brings back what was overwritten
 * meanwhile (K-11). Sketch: the write has a name, and whoever coordinates it looks for the name in the versions that he holds. A
 * version keeps its own operation and lists those of the writes that it superseded, which its client's context named. So it is known
 * again wherever either has come. Where two coordinators knew nothing of each other there are two versions all the same, also of a
 * write that was superseded in between; answers show one of them, or none, under a context that covers both (D-4.4-12).
 *
 * An operation is a hash of the client's token and of everything the request says: nobody can pass a second value off as the
 * repetition of a first, by mistake or on purpose. It means something among the versions of one key alone; lists have its first 8
 * bytes. Since the hash takes in the context, and with it the operations that the write supersedes, no two writes supersede
 * each other.
 *
 * A list cannot grow for ever. A second version of a forgotten write comes back where a node does that was away, so while nodes are missed,
 * and for a minute after, lists are long; while all is calm they are short.
 */
import { Writer } from "../base/binary.ts";
import { bufferOf, equalBytes } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import type { VersioningMode } from "../causality/versioning.ts";
import { keepsNoFalseSiblings } from "../causality/versioning.ts";
import { isListed, isSame, OperationList, placeIn } from "./operation-list.ts";
import type { OperationPlaces, Payload, PayloadOperations } from "./payload.ts";
import {
  decodeOperations,
  LISTED_BYTES,
  OPERATION_BYTES,
  operationPlaces,
  withOperations,
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
  const request = new Writer(HEAD_BYTES_MAX + context.length + bytes.length);
  request.ascii(token);
  request.bytes(context);
  request.ascii(contentType);
  request.u8(tombstone ? 1 : 0);
  request.raw(bytes);
  return sha256(request.finish(), OPERATION_BYTES);
}

/** Of a token, a content type and what stands between the parts: more is rare, and only copied once more. */
const HEAD_BYTES_MAX = 160;

/** How many operations a list has where there are as many, and more only where as many versions are superseded at once. */
export const LISTED_CALM = 16;
/** The same while nodes are missed. */
export const LISTED_MAX = 512;

/** True where the operation of `payload` is that of one of the versions, or one that they superseded. */
export function isDoneAlready(payload: Uint8Array, held: readonly Uint8Array[]): boolean {
  const { own } = decodeOperations(payload);
  if (own === undefined) return false;
  return held.some((version) => names(version, own));
}

/** True where the operation is the version's own or one that it superseded. */
function names(version: Uint8Array, operation: Uint8Array): boolean {
  const places = operationPlaces(version);
  if (places === undefined) return false;
  const { ownAt, listAt, listEnd } = places;
  const isOwn = ownAt !== undefined && isSame(version, ownAt, operation, 0, OPERATION_BYTES);
  return isOwn || placeIn(version, operation, 0, listEnd, listAt) >= 0;
}

/**
 * What a write supersedes that takes the place of these versions: their own operations, then in turn what each of them
 * superseded, newest first, `listedMax` of them.
 */
export function operationsOf(versions: readonly Uint8Array[], listedMax: number): Uint8Array {
  const [only] = versions;
  if (only === undefined || versions.length > 1) {
    return listOf(NONE, versions.map(decodeOperations), listedMax);
  }
  const { ownAt, listAt, listEnd } = operationPlaces(only) ?? NOWHERE;
  const listBytesMax = listedMax * LISTED_BYTES;
  if (ownAt === undefined) return only.subarray(listAt, Math.min(listEnd, listAt + listBytesMax));
  const list = Buffer.allocUnsafe(Math.min(LISTED_BYTES + listEnd - listAt, listBytesMax));
  const version = bufferOf(only);
  version.copy(list, 0, ownAt, ownAt + LISTED_BYTES);
  version.copy(list, LISTED_BYTES, listAt, listEnd);
  return list;
}

/** The payload as that of a write which supersedes these operations, a list of `operationsOf`. */
export function superseding(payload: Uint8Array, superseded: Uint8Array): Uint8Array {
  if (superseded.length === 0) return payload;
  return withOperations(payload, { own: decodeOperations(payload).own, superseded });
}

/** The payload with what its write dropped added to what it supersedes. */
export function supersedingAlso(payload: Uint8Array, dropped: readonly Uint8Array[]): Uint8Array {
  if (dropped.length === 0) return payload;
  const { superseded } = decodeOperations(payload);
  // As good as always: a client had read what its write drops.
  if (dropped.every((version) => isListedWhole(superseded, version))) return payload;
  const list = listOf(superseded, dropped.map(decodeOperations), LISTED_CALM);
  return list.length === superseded.length ? payload : superseding(payload, list);
}

/** True where a list has a version's operation and behind it what that version lists, as far as a list goes that should be short. */
function isListedWhole(list: Uint8Array, version: Uint8Array): boolean {
  const { ownAt, listAt, listEnd } = operationPlaces(version) ?? NOWHERE;
  const at = ownAt === undefined ? 0 : placeIn(list, version, ownAt);
  if (at < 0 || list.length >= LISTED_CALM * LISTED_BYTES) return at >= 0;
  const restAt = at + (ownAt === undefined ? 0 : LISTED_BYTES);
  const restBytes = listEnd - listAt;
  return restAt + restBytes <= list.length && isSame(list, restAt, version, listAt, restBytes);
}

/** The payload under a fresh operation, where it has none; `draw` gives 16 bytes that no other write has. */
export function withOperation(payload: Uint8Array, draw: () => Uint8Array): Uint8Array {
  if (operationPlaces(payload)?.ownAt !== undefined) return payload;
  return withOperations(payload, { own: draw(), superseded: decodeOperations(payload).superseded });
}

/**
 * The versions that a client is shown: of those of one operation the first, and none that another one superseded under another
 * dot.
 */
export function shownVersions(
  versions: readonly Uint8Array[],
  mode: VersioningMode,
): readonly Uint8Array[] {
  if (versions.length < 2) return versions;
  const all = versions.map(decodeOperations);
  const isHidden = (own: Uint8Array): boolean =>
    keepsNoFalseSiblings(mode) && all.some(({ superseded }) => isListed(superseded, own));
  const shown: Uint8Array[] = [];
  return versions.filter((_, index) => {
    const own = all[index]?.own;
    if (own === undefined) return true;
    if (shown.some((other) => equalBytes(other, own)) || isHidden(own)) return false;
    shown.push(own);
    return true;
  });
}

/**
 * The certain ones and the versions' own, as far as any list can have them; then the newest that each version superseded, the second
 * newest of each, and so on, as far as this one should. Each once.
 */
function listOf(
  certain: Uint8Array,
  versions: readonly PayloadOperations[],
  listedMax: number,
): Uint8Array {
  const certainMax = certain.length / LISTED_BYTES + versions.length;
  const list = new OperationList(Math.min(LISTED_MAX, Math.max(certainMax, listedMax)));
  const add = (from: Uint8Array, at: number, max: number): void => {
    if (at < from.length && list.count < max) list.add(from, at);
  };
  for (let at = 0; at < certain.length; at += LISTED_BYTES) add(certain, at, LISTED_MAX);
  for (const { own = NONE } of versions) add(own, 0, LISTED_MAX);
  const depthBytes = Math.max(0, ...versions.map(({ superseded }) => superseded.length));
  for (let at = 0; at < depthBytes && list.count < listedMax; at += LISTED_BYTES) {
    for (const { superseded } of versions) add(superseded, at, listedMax);
  }
  return list.bytes();
}

const NONE = new Uint8Array(0);
const NOWHERE: OperationPlaces = { ownAt: undefined, listAt: 0, listEnd: 0 };
