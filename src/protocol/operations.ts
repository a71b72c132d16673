/*
 * Problem: a put that is sent again, since its answer was lost, becomes a sibling of itself, or brings back what was overwritten
 * meanwhile (K-11). Sketch: the write has a name, and whoever coordinates it looks for the name in the versions that it holds. A
 * version keeps its own operation and those of the writes that it superseded, which its client's context named. So it is known
 * again wherever either has come. Where two coordinators knew nothing of each other there are two versions all the same, also of a
 * write that was superseded in between; answers show one of them, or none, under a context that covers both (D-4.4-12).
 *
 * An operation is a hash of the client's token and of everything the request says: nobody can pass a second value off as the
 * repetition of a first, by mistake or on purpose. It means something among the versions of one key alone. Since the hash takes
 * in the context, and with it the operations that the write supersedes, no two writes supersede each other.
 *
 * The last bit says whether the write may have been made before, elsewhere: 1 where whoever sent it had sent it in vain. Such writes
 * are remembered for longer than others, since their twins come whenever a node does that was away.
 */
import { Writer } from "../base/binary.ts";
import { bufferOf, concatBytes, equalBytes } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import type { VersioningMode } from "../causality/versioning.ts";
import { keepsNoFalseSiblings } from "../causality/versioning.ts";
import type { Payload } from "./payload.ts";
import { decodeOperations, decodePayload, encodePayload, OPERATION_BYTES } from "./payload.ts";

export interface OperationParts extends Payload {
  /** As the client sent it, 16 to 64 characters that it never uses for another write. */
  readonly token: string;
  /** The context token as it came; empty for a blind write. */
  readonly context: Uint8Array;
}

/** 16 bytes that only the same request has, marked as its first attempt. */
export function operationOf(parts: OperationParts): Uint8Array {
  const { token, context, contentType, tombstone, bytes } = parts;
  const head = new Writer(128 + context.length);
  head.ascii(token);
  head.bytes(context);
  head.ascii(contentType);
  head.u8(tombstone ? 1 : 0);
  return marked(sha256(concatBytes([head.finish(), bytes])).subarray(0, OPERATION_BYTES), 0);
}

/**
 * Up to so many operations of a list are those of what was superseded before what is superseded now. Each later write of the key pushes
 * the oldest out: a retry that comes after so many is not known again.
 */
export const OLDER_OPERATIONS_MAX = 16;
/** Most operations of a list: so many siblings, and older writes that may have been made twice, are known again. */
export const SUPERSEDED_OPERATIONS_MAX = 64;

/** True where the operation of `payload` is that of one of the versions, or one that they superseded. */
export function isDoneAlready(payload: Uint8Array, held: readonly Uint8Array[]): boolean {
  const { own } = decodeOperations(payload);
  if (own === undefined) return false;
  return held.some((version) => {
    const operations = decodeOperations(version);
    return (
      (operations.own !== undefined && isSame(operations.own, own)) ||
      operationsIn(operations.superseded).some((each) => isSame(each, own))
    );
  });
}

/**
 * What a write supersedes that takes the place of these versions, 16 bytes each: their own operations, then in turn
 * what each of them superseded, newest first.
 */
export function operationsOf(versions: readonly Uint8Array[]): Uint8Array {
  return listOf(ownOf(versions), supersededBy(versions));
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
  const certain = [...operationsIn(superseded), ...ownOf(dropped)];
  const list = listOf(certain, supersededBy(dropped));
  return equalBytes(list, superseded) ? payload : superseding(payload, list);
}

/** The payload marked as that of a write which may have been made before, where it has an operation. */
export function asRepeated(payload: Uint8Array): Uint8Array {
  const { own, superseded } = decodeOperations(payload);
  return own === undefined
    ? payload
    : encodePayload(decodePayload(payload), { own: marked(own, 1), superseded });
}

/** The payload under a fresh operation, where it has none; `draw` gives 16 bytes that no other write has. */
export function withOperation(payload: Uint8Array, draw: () => Uint8Array): Uint8Array {
  const { own, superseded } = decodeOperations(payload);
  return own === undefined
    ? encodePayload(decodePayload(payload), { own: marked(draw(), 0), superseded })
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
  const operations = versions.map(decodeOperations);
  const superseded = keepsNoFalseSiblings(mode)
    ? operations.flatMap((each) => operationsIn(each.superseded))
    : [];
  const hidden = new Set(superseded.map(nameOf));
  return versions.filter((_, at) => {
    const own = operations[at]?.own;
    if (own === undefined) return true;
    const name = nameOf(own);
    if (hidden.has(name)) return false;
    hidden.add(name);
    return true;
  });
}

function ownOf(versions: readonly Uint8Array[]): readonly Uint8Array[] {
  return versions.flatMap((version) => decodeOperations(version).own ?? []);
}

/** The newest of each version, then the second newest of each, and so on. */
function supersededBy(versions: readonly Uint8Array[]): readonly Uint8Array[] {
  const lists = versions.map((version) => operationsIn(decodeOperations(version).superseded));
  const depth = Math.max(0, ...lists.map((list) => list.length));
  const byAge: Uint8Array[] = [];
  for (let age = 0; age < depth; age += 1) {
    for (const list of lists) {
      const operation = list[age];
      if (operation !== undefined) byAge.push(operation);
    }
  }
  return byAge;
}

/** Each operation once: the certain ones and those that may have been made twice as far as a list can, the older ones as far as it should. */
function listOf(certain: readonly Uint8Array[], older: readonly Uint8Array[]): Uint8Array {
  const listed = new Map<string, Uint8Array>();
  let plainCount = 0;
  const list = (operation: Uint8Array, plainMax: number): void => {
    const name = nameOf(operation);
    const isMarked = isRepeated(operation);
    const known = listed.get(name);
    if (known !== undefined) {
      if (isMarked) listed.set(name, operation);
    } else if (listed.size < SUPERSEDED_OPERATIONS_MAX && (isMarked || plainCount < plainMax)) {
      listed.set(name, operation);
      plainCount += isMarked ? 0 : 1;
    }
  };
  for (const operation of certain) list(operation, SUPERSEDED_OPERATIONS_MAX);
  for (const operation of older) list(operation, OLDER_OPERATIONS_MAX);
  return concatBytes([...listed.values()]);
}

function operationsIn(list: Uint8Array): readonly Uint8Array[] {
  const operations: Uint8Array[] = [];
  for (let at = 0; at < list.length; at += OPERATION_BYTES) {
    operations.push(list.subarray(at, at + OPERATION_BYTES));
  }
  return operations;
}

/** Without the mark. */
function nameOf(operation: Uint8Array): string {
  return bufferOf(isRepeated(operation) ? marked(operation, 0) : operation).toString("latin1");
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return equalBytes(one, other) || equalBytes(marked(one, 0), marked(other, 0));
}

function isRepeated(operation: Uint8Array): boolean {
  return ((operation.at(-1) ?? 0) & MARK) !== 0;
}

function marked(operation: Uint8Array, mark: 0 | typeof MARK): Uint8Array {
  // Not `slice`: that of a Buffer is a view.
  const copy = new Uint8Array(operation);
  copy[OPERATION_BYTES - 1] = ((copy[OPERATION_BYTES - 1] ?? 0) & ~MARK) | mark;
  return copy;
}

const MARK = 1;
