import { equalBytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import type { Difference } from "../merkle/comparison.ts";
import { Comparison } from "../merkle/comparison.ts";
import type { Reply, Request } from "../protocol/messages.ts";
import { TREE_PATHS_MAX } from "../protocol/tree-codec.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls } from "../rpc/contract.ts";
import { StorageError } from "../storage/engine.ts";
import type { Pace } from "./pace.ts";
import type { SharedTrees } from "./shared-trees.ts";

/** A node's own copies, as an exchange uses them. Implemented by `replica/replica.ts`. */
export interface OwnCopies {
  /** Hints left out. */
  own(key: Uint8Array): Promise<Uint8Array | undefined>;
  store(key: Uint8Array, record: Uint8Array, hintFor: undefined): Promise<void>;
}

export interface ExchangeParts {
  readonly copies: OwnCopies;
  readonly shared: SharedTrees;
  readonly calls: PeerCalls;
  readonly ring: () => Ring;
  readonly pace: Pace;
  /** Waits; less where the node stops. */
  readonly wait: (delayMs: number) => Promise<void>;
  readonly counters: ExchangeCounters;
}

export interface ExchangeCounters {
  /** Keys whose newer record came from the peer, went to it, and were equal when they were looked at: a write was in flight. */
  readonly pulled: Counter;
  readonly pushed: Counter;
  readonly gone: Counter;
}

export interface ExchangeOptions {
  readonly peer: NodeId;
  readonly callTimeoutMs: number;
  /** True: end before the next step. */
  readonly isOver: () => boolean;
}

/** How an exchange ended: `differences` keys were brought together, or the peer's trees are not built. */
export type ExchangeEnd =
  | { readonly kind: "complete"; readonly differences: number }
  | { readonly kind: "not-built" }
  | { readonly kind: "stopped" };

/**
 * One comparison with one peer over all partitions in common, from their roots to the keys that differ (paper 4.7). Both
 * sides get the merge of both records, as the bytes that a replica holds: no dot is minted (D-4.7-7). What lies in
 * hints stays there. Rejects where the peer does not answer, or either side cannot store.
 */
export async function exchange(
  env: Environment,
  parts: ExchangeParts,
  options: ExchangeOptions,
): Promise<ExchangeEnd> {
  const { shared, pace, wait } = parts;
  const comparison = new Comparison(() => shared.with(options.peer), TREE_PATHS_MAX);
  let differences = 0;
  for (;;) {
    if (options.isOver()) return { kind: "stopped" };
    const paths = comparison.ask();
    if (paths.length > 0) {
      const reply = await call(parts, options, { type: "tree", ring: parts.ring().stamp, paths });
      if (reply.type !== "tree-reply") throw unexpected(options.peer, reply);
      if (reply.nodes === undefined) return { kind: "not-built" };
      // Without an answer to the first path it would be asked for for ever.
      if (reply.nodes.length === 0) throw unexpected(options.peer, reply);
      comparison.take(reply.nodes);
    }
    const found = comparison.takeDifferences();
    if (paths.length === 0 && found.length === 0) return { kind: "complete", differences };
    for (let at = 0; at < found.length; at += WINDOW) {
      if (options.isOver()) return { kind: "stopped" };
      const some = found.slice(at, at + WINDOW);
      const bytes = await bringTogether(env, parts, options, some);
      differences += some.length;
      await wait(pace.spend(env.clock.monotonicMs(), { keys: some.length, bytes }));
    }
  }
}

/** Keys under way at once: enough to fill a round trip. */
const WINDOW = 16;

/** Gives how many bytes of records went either way. Waits for all keys, whichever fails. */
async function bringTogether(
  env: Environment,
  parts: ExchangeParts,
  options: ExchangeOptions,
  differences: readonly Difference[],
): Promise<number> {
  const results = await Promise.allSettled(
    differences.map((difference) => bringKeyTogether(env, parts, options, difference)),
  );
  let bytes = 0;
  for (const result of results) {
    if (result.status === "rejected") throw result.reason;
    bytes += result.value;
  }
  return bytes;
}

async function bringKeyTogether(
  { assertions }: Environment,
  parts: ExchangeParts,
  options: ExchangeOptions,
  { key, holder }: Difference,
): Promise<number> {
  const { copies, counters } = parts;
  const before = await ownIfReadable(copies, key);
  const theirs =
    holder === "own" && before !== undefined ? undefined : await theirCopy(parts, options, key);
  if (isSame(before, theirs)) {
    assertions.reachable("a difference was gone when an exchange looked at it");
    counters.gone.increment();
    return theirs?.length ?? 0;
  }
  if (theirs !== undefined) await copies.store(key, theirs, undefined);
  const own = theirs === undefined ? before : await copies.own(key);
  if (own === undefined || isSame(own, theirs)) {
    assertions.reachable("an exchange brought a record from a peer");
    counters.pulled.increment();
    return theirs?.length ?? 0;
  }
  const put = { type: "put", ring: parts.ring().stamp, key, record: own } as const;
  const reply = await call(parts, options, { ...put, hintFor: undefined });
  if (reply.type !== "put-reply") throw unexpected(options.peer, reply);
  assertions.reachable("an exchange brought a record to a peer");
  assertions.sometimes("an exchange merged both ways", theirs !== undefined);
  counters.pushed.increment();
  return own.length + (theirs?.length ?? 0);
}

async function theirCopy(
  parts: ExchangeParts,
  options: ExchangeOptions,
  key: Uint8Array,
): Promise<Uint8Array | undefined> {
  const reply = await call(parts, options, { type: "copy", ring: parts.ring().stamp, key });
  if (reply.type !== "get-reply") throw unexpected(options.peer, reply);
  return reply.record;
}

/** A row that is damaged counts as none: the peer's takes its place. */
async function ownIfReadable(copies: OwnCopies, key: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    return await copies.own(key);
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === undefined || other === undefined ? one === other : equalBytes(one, other);
}

function call(
  { calls }: ExchangeParts,
  { peer, callTimeoutMs }: ExchangeOptions,
  request: Request,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    calls.call(peer, request, callTimeoutMs, (outcome) => {
      if (outcome.kind === "reply") resolve(outcome.reply);
      else reject(new ExchangeError(`Cannot exchange with ${peer}: ${outcome.kind}`));
    });
  });
}

/** The peer does not answer, or not as it should. */
export class ExchangeError extends Error {
  override readonly name = "ExchangeError";
}

function unexpected(peer: NodeId, reply: Reply): ExchangeError {
  const reason = reply.type === "error-reply" ? reply.message : `it answered ${reply.type}`;
  return new ExchangeError(`Cannot exchange with ${peer}: ${reason}`);
}
