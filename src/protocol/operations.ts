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
import { bufferOf, concatBytes, equalBytes } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import type { VersioningMode } from "../causality/versioning.ts";
import { keepsNoFalseSiblings } from "../causality/versioning.ts";
import type { Payload } from "./payload.ts";
import {
  decodeOperations,
  decodePayload,
  encodePayload,
  LISTED_BYTES,
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

/** How many operations a list has where there are as many, and more only where as many versions are superseded at once. */
export const LISTED_CALM = 16;
/** The same while nodes are missed. */
export const LISTED_MAX = 512;

/** True where the operation of `payload` is that of one of the versions, or one that they superseded. */
export function isDoneAlready(payload: Uint8Array, held: readonly Uint8Array[]): boolean {
  const { own } = decodeOperations(payload);
  if (own === undefined) return false;
  const name = own.subarray(0, LISTED_BYTES);
  return held.some((version) => {
    const operations = decodeOperations(version);
    const isOwn = operations.own !== undefined && equalBytes(operations.own, own);
    return isOwn || lists(operations.superseded, name);
  });
}

/**
 * What a write supersedes that takes the place of these versions: their own operations, then in turn what each of them
 * superseded, newest first, `listedMax` of them.
 */
export function operationsOf(versions: readonly Uint8Array[], listedMax: number): Uint8Array {
  return listOf(ownOf(versions), supersededBy(versions), listedMax);
}

/** The payload as that of a write which supersedes these operations, a list of `operationsOf`. */
export function superseding(payload: Uint8Array, superseded: Uint8Array): Uint8Array {
  if (superseded.length === 0) return payload;
  const { own } = decodeOperations(payload);
  return encodePayload(decodePayload(payload), { own, superseded });
}

/** The payload with what its write dropped added to what it supersedes. */
export function supersedingAlso(payload: Uint8Array, dropped: readonly Uint8Array[]): Uint8Array {
  if (dropped.length === 0) return payload;
  const { superseded } = decodeOperations(payload);
  const certain = [...namesIn(superseded), ...ownOf(dropped)];
  const list = listOf(certain, supersededBy(dropped), LISTED_CALM);
  return equalBytes(list, superseded) ? payload : superseding(payload, list);
}

/** The payload under a fresh operation, where it has none; `draw` gives 16 bytes that no other write has. */
export function withOperation(payload: Uint8Array, draw: () => Uint8Array): Uint8Array {
  const { own, superseded } = decodeOperations(payload);
  return own === undefined
    ? encodePayload(decodePayload(payload), { own: draw(), superseded })
    : payload;
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
  const hidden = new Set(keepsNoFalseSiblings(mode) ? supersededBy(versions).map(textOf) : []);
  const shown = new Set<string>();
  return versions.filter((version) => {
    const { own } = decodeOperations(version);
    if (own === undefined) return true;
    if (hidden.has(textOf(own.subarray(0, LISTED_BYTES))) || shown.has(textOf(own))) return false;
    shown.add(textOf(own));
    return true;
  });
}

/** As lists have them. */
function ownOf(versions: readonly Uint8Array[]): readonly Uint8Array[] {
  return versions.flatMap(
    (version) => decodeOperations(version).own?.subarray(0, LISTED_BYTES) ?? [],
  );
}

/** The newest of each version, then the second newest of each, and so on. */
function supersededBy(versions: readonly Uint8Array[]): readonly Uint8Array[] {
  const lists = versions.map((version) => namesIn(decodeOperations(version).superseded));
  const depth = Math.max(0, ...lists.map((list) => list.length));
  const byAge: Uint8Array[] = [];
  for (let age = 0; age < depth; age += 1) {
    for (const list of lists) {
      const name = list[age];
      if (name !== undefined) byAge.push(name);
    }
  }
  return byAge;
}

/** Each once: the certain ones as far as any list can have them, the older ones as far as this one should. */
function listOf(
  certain: readonly Uint8Array[],
  older: readonly Uint8Array[],
  listedMax: number,
): Uint8Array {
  const listed = new Map<string, Uint8Array>();
  const list = (names: readonly Uint8Array[], max: number): void => {
    for (const name of names) {
      if (listed.size >= max) return;
      listed.set(textOf(name), name);
    }
  };
  list(certain, LISTED_MAX);
  list(older, listedMax);
  return concatBytes([...listed.values()]);
}

/** True where the name is one of those that stand side by side; two of them mostly differ in the first byte. */
function lists(list: Uint8Array, name: Uint8Array): boolean {
  for (let start = 0; start < list.length; start += LISTED_BYTES) {
    let at = 0;
    while (at < LISTED_BYTES && list[start + at] === name[at]) at += 1;
    if (at === LISTED_BYTES) return true;
  }
  return false;
}

function namesIn(list: Uint8Array): readonly Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let at = 0; at < list.length; at += LISTED_BYTES) {
    names.push(list.subarray(at, at + LISTED_BYTES));
  }
  return names;
}

function textOf(name: Uint8Array): string {
  return bufferOf(name).toString("latin1");
}
