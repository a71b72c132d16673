import { equalBytes, toBase64url } from "../base/bytes.ts";
import type { FailedItems } from "../base/failed-items.ts";
import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import type { Pacer } from "../env/pacer.ts";
import type { Difference } from "../merkle/comparison.ts";
import { Comparison } from "../merkle/comparison.ts";
import { TREE_PATHS_MAX } from "../protocol/tree-codec.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls } from "../rpc/contract.ts";
import { byteString } from "../storage/byte-strings.ts";
import type { WriteOptions } from "../storage/engine.ts";
import { DamageError } from "../storage/engine.ts";
import { call, ExchangeError, isOperating, unexpected, wasShed } from "./exchange-call.ts";
import type { Sent } from "./send-window.ts";
import { SendWindow } from "./send-window.ts";
import type { SharedTrees } from "./shared-trees.ts";

/** A node's own copies, as an exchange uses them. Implemented by `replica/replica.ts`. */
export interface OwnCopies {
  /** Hints left out. */
  own(key: Uint8Array): Promise<Uint8Array | undefined>;
  store(key: Uint8Array, record: Uint8Array, hintFor: undefined): Promise<void>;
  /** Begins to watch for lost writes. Asked later, it resolves once all that the trees show by then is stored: false where a write was lost since. */
  lossWatch(options?: WriteOptions): () => Promise<boolean>;
}

export interface ExchangeParts {
  readonly copies: OwnCopies;
  readonly shared: SharedTrees;
  readonly calls: PeerCalls;
  readonly ring: () => Ring;
  readonly pacer: Pacer;
  readonly limits: PaceLimits;
  readonly counters: ExchangeCounters;
}

/** So many keys and so many bytes a second, each on average; what was not used is not saved up. */
export interface PaceLimits {
  readonly keysPerSecond: number;
  readonly bytesPerSecond: number;
}

export interface ExchangeCounters {
  /** Keys whose newer record came from the peer, went to it, and were equal when they were looked at: a write was in flight. */
  readonly pulled: Counter;
  readonly pushed: Counter;
  readonly gone: Counter;
  /** Keys that could not be brought together. */
  readonly failed: Counter;
}

export interface ExchangeOptions {
  readonly peer: NodeId;
  readonly callTimeoutMs: number;
  /** True: end before the next step. */
  readonly isOver: () => boolean;
  /** Keys that failed in exchanges with this peer, by their text. */
  readonly failed: FailedItems;
}

/**
 * How an exchange ended: of the keys in which the replicas differed `differences` were brought together and `left` were not, which
 * other exchanges try again; or the peer's trees are not built.
 */
export type ExchangeEnd =
  | { readonly kind: "complete"; readonly differences: number; readonly left: number }
  | { readonly kind: "not-built" }
  | { readonly kind: "stopped" };

/**
 * One comparison with one peer over all partitions in common, from their roots to the keys that differ (paper 4.7). Both
 * sides get the merge of both records, as the bytes that a replica holds: no dot is minted (D-4.7-7). What lies in
 * hints stays there. A key that cannot be read, sent or stored on either side is passed over, counted and told of. Rejects where
 * the peer does not answer.
 */
export async function exchange(
  env: Environment,
  parts: ExchangeParts,
  options: ExchangeOptions,
): Promise<ExchangeEnd> {
  const { shared, pacer, limits } = parts;
  const { peer, isOver, failed } = options;
  const comparison = new Comparison(() => shared.with(peer), TREE_PATHS_MAX);
  const window = new SendWindow(wasShed);
  const stillFailing = new Set<string>();
  let differences = 0;
  let left = 0;
  for (;;) {
    if (isOver()) return { kind: "stopped" };
    const paths = comparison.ask();
    if (paths.length > 0) {
      const reply = await call(parts.calls, options, {
        type: "tree",
        ring: parts.ring().stamp,
        paths,
      });
      if (reply.type !== "tree-reply") throw unexpected(peer, reply);
      if (reply.nodes === undefined) return { kind: "not-built" };
      // Without an answer to the first path it would be asked for for ever.
      if (reply.nodes.length === 0) throw unexpected(peer, reply);
      comparison.take(reply.nodes);
    }
    const found = comparison.takeDifferences();
    if (paths.length === 0 && found.length === 0) {
      failed.keepOnly(stillFailing);
      return { kind: "complete", differences, left };
    }
    if (isOver()) return { kind: "stopped" };
    const nowMs = env.clock.monotonicMs();
    const due = found.filter(({ key }) => !failed.isHeldBack(byteString(key), nowMs));
    left += found.length - due.length;
    const sent = window.send(due, (each) => bringKeyTogether(env, parts, options, each));
    for await (const some of sent) {
      const { bytes, failedCount } = tookPlace(env, parts, options, some);
      differences += some.length - failedCount;
      left += failedCount;
      const costs = [some.length / limits.keysPerSecond, bytes / limits.bytesPerSecond];
      await pacer.wait(pacer.take(1_000 * Math.max(...costs)));
      if (isOver()) return { kind: "stopped" };
    }
    for (const id of found.map(({ key }) => byteString(key))) {
      if (failed.has(id)) stillFailing.add(id);
    }
  }
}

/** Gives how many bytes of records went either way, and how many keys failed. Throws where the peer failed. */
function tookPlace(
  env: Environment,
  parts: ExchangeParts,
  options: ExchangeOptions,
  sent: readonly Sent<Difference>[],
): { readonly bytes: number; readonly failedCount: number } {
  let bytes = 0;
  const failures: unknown[] = [];
  for (const { item, end } of sent) {
    const { key } = item;
    if (end.status === "fulfilled") {
      bytes += end.value;
      options.failed.succeeded(byteString(key));
    } else {
      if (!isOperating(end.reason)) throw end.reason;
      failures.push(end.reason);
      keyFailed(env, parts, options, { key, error: end.reason });
    }
  }
  const peersError = failures.find((error) => error instanceof ExchangeError && error.isOfThePeer);
  if (peersError !== undefined) throw peersError;
  return { bytes, failedCount: failures.length };
}

/** It may have been the peer that failed: then the next exchange begins with other keys, which harms none. */
function keyFailed(
  { assertions, clock, log, random }: Environment,
  { counters }: ExchangeParts,
  { peer, failed }: ExchangeOptions,
  { key, error }: { readonly key: Uint8Array; readonly error: unknown },
): void {
  assertions.reachable("a key could not be brought together by an exchange");
  counters.failed.increment();
  const at = { nowMs: clock.monotonicMs(), chance: random.float() };
  const failures = failed.failed(byteString(key), at);
  log.warn({ peer, key: toBase64url(key), failures, err: error }, "Cannot exchange a key");
}

async function bringKeyTogether(
  { assertions }: Environment,
  parts: ExchangeParts,
  options: ExchangeOptions,
  { key, holder }: Difference,
): Promise<number> {
  const { copies, counters } = parts;
  const own = await ownCopy(copies, key);
  const other =
    holder === "own" && own !== undefined && own !== DAMAGED
      ? undefined
      : await theirCopy(parts, options, key);
  const before = wholeOf(own);
  const theirs = wholeOf(other);
  if (own === DAMAGED || other === DAMAGED) {
    assertions.reachable("an exchange met a damaged row");
    if (before === undefined && theirs === undefined) {
      throw new DamageError("Cannot repair a damaged row: neither side has it whole");
    }
  }
  if (isSame(before, theirs)) {
    assertions.reachable("a difference was gone when an exchange looked at it");
    counters.gone.increment();
    return theirs?.length ?? 0;
  }
  if (theirs !== undefined) await copies.store(key, theirs, undefined);
  const merged = theirs === undefined ? before : await copies.own(key);
  if (merged === undefined || isSame(merged, theirs)) {
    assertions.reachable("an exchange brought a record from a peer");
    counters.pulled.increment();
    return theirs?.length ?? 0;
  }
  const put = { type: "put", ring: parts.ring().stamp, key, record: merged } as const;
  const reply = await call(parts.calls, options, { ...put, hintFor: undefined });
  if (reply.type !== "put-reply") throw unexpected(options.peer, reply);
  assertions.reachable("an exchange brought a record to a peer");
  assertions.sometimes("an exchange merged both ways", theirs !== undefined);
  counters.pushed.increment();
  return merged.length + (theirs?.length ?? 0);
}

/** A copy that is damaged counts as none: the whole one of the other side takes its place. */
type Copy = Uint8Array | typeof DAMAGED | undefined;

const DAMAGED = "damaged";

function wholeOf(copy: Copy): Uint8Array | undefined {
  return copy === DAMAGED ? undefined : copy;
}

async function theirCopy(
  parts: ExchangeParts,
  options: ExchangeOptions,
  key: Uint8Array,
): Promise<Copy> {
  const reply = await call(parts.calls, options, { type: "copy", ring: parts.ring().stamp, key });
  if (reply.type === "get-reply") return reply.record;
  if (reply.type === "error-reply" && reply.code === "damaged") return DAMAGED;
  throw unexpected(options.peer, reply);
}

async function ownCopy(copies: OwnCopies, key: Uint8Array): Promise<Copy> {
  try {
    return await copies.own(key);
  } catch (error) {
    if (error instanceof DamageError) return DAMAGED;
    throw error;
  }
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === undefined || other === undefined ? one === other : equalBytes(one, other);
}
