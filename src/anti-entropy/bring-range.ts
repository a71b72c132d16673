import { toBase64url } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import type { Pacer } from "../env/pacer.ts";
import { Comparison } from "../merkle/comparison.ts";
import { TREE_PATHS_MAX } from "../protocol/tree-codec.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls } from "../rpc/contract.ts";
import { DamageError } from "../storage/engine.ts";
import type { OwnCopies, PaceLimits } from "./exchange.ts";
import { call, ExchangeError, isOperating, unexpected } from "./exchange-call.ts";
import type { SharedTrees } from "./shared-trees.ts";

export interface BringRangeParts {
  readonly copies: Pick<OwnCopies, "own">;
  readonly shared: Pick<SharedTrees, "of">;
  readonly calls: PeerCalls;
  readonly pacer: Pacer;
  readonly limits: PaceLimits;
  /** Counts records that an owner was sent. */
  readonly brought: Counter;
}

export interface BringRangeOptions {
  readonly partition: number;
  /** One of its owners by `ring`. */
  readonly owner: NodeId;
  readonly ring: Ring;
  readonly callTimeoutMs: number;
  /** True: end before the next step. */
  readonly isOver: () => boolean;
}

/**
 * Brings what this node has of a lost range to one of the owners, and resolves with true once that one has all of it: their trees of
 * the range were compared, and what differs was sent, as it is, for the owner to merge and store. Nothing comes back, and this node's rows stay
 * as they are: they are to go. False: it was stopped, the owner's trees are not built, or some key was refused. Rejects with ExchangeError
 * where the owner does not answer, StorageError where a row cannot be read.
 */
export async function bringRange(
  env: Pick<Environment, "log">,
  parts: BringRangeParts,
  options: BringRangeOptions,
): Promise<boolean> {
  const { shared, calls } = parts;
  const { partition, owner: peer, ring, isOver, callTimeoutMs } = options;
  const comparison = new Comparison(() => shared.of(partition), TREE_PATHS_MAX, {
    isOneWay: true,
  });
  let isWhole = true;
  for (;;) {
    if (isOver()) return false;
    const paths = comparison.ask();
    if (paths.length > 0) {
      const request = { type: "tree", ring: ring.stamp, partition, paths } as const;
      const reply = await call(calls, { peer, callTimeoutMs }, request);
      if (reply.type !== "tree-reply") throw unexpected(peer, reply);
      if (reply.nodes === undefined) return false;
      if (reply.nodes.length === 0) throw unexpected(peer, reply);
      comparison.take(reply.nodes);
    }
    const found = comparison.takeDifferences();
    if (paths.length === 0 && found.length === 0) return isWhole;
    const keys = found.map(({ key }) => key);
    isWhole = (await bringKeys(env, parts, options, keys)) && isWhole;
  }
}

/** Keys under way at once, as of an exchange; of an owner that has no place for as many half of them, and so on. */
const WINDOW = 16;

/** Resolves with true once the owner has all of them, false where it was stopped, or some of them were refused. */
async function bringKeys(
  env: Pick<Environment, "log">,
  parts: BringRangeParts,
  options: BringRangeOptions,
  keys: readonly Uint8Array[],
): Promise<boolean> {
  const { pacer, limits } = parts;
  let isWhole = true;
  let waiting = keys;
  let window = WINDOW;
  while (waiting.length > 0) {
    if (options.isOver()) return false;
    const some = waiting.slice(0, window);
    const sent = await Promise.allSettled(some.map((key) => bringKey(parts, options, key)));
    let bytes = 0;
    const shed: Uint8Array[] = [];
    for (const [at, key] of some.entries()) {
      const end = sent[at];
      if (end?.status === "fulfilled") bytes += end.value;
      else if (wasShed(end?.reason) && window > 1) shed.push(key);
      else {
        isWhole = false;
        keyFailed(env, options, { key, error: end?.reason });
      }
    }
    waiting = [...shed, ...waiting.slice(window)];
    if (shed.length > 0) window /= 2;
    const costs = [some.length / limits.keysPerSecond, bytes / limits.bytesPerSecond];
    await pacer.wait(pacer.take(1_000 * Math.max(...costs)));
  }
  return isWhole;
}

function wasShed(error: unknown): boolean {
  return error instanceof ExchangeError && error.wasShed;
}

/** Resolves with the size of the record once it is durable at the owner; 0 where there is none any more, or none that can be read. */
async function bringKey(
  { copies, calls, brought }: BringRangeParts,
  { owner: peer, ring, callTimeoutMs }: BringRangeOptions,
  key: Uint8Array,
): Promise<number> {
  const record = await copies.own(key).catch(nothingWhereDamaged);
  if (record === undefined) return 0;
  // The copy here goes, and it may be the one that was stored.
  const put = { type: "put", ring: ring.stamp, key, record, durable: true } as const;
  const reply = await call(calls, { peer, callTimeoutMs }, { ...put, hintFor: undefined });
  if (reply.type !== "put-reply") throw unexpected(peer, reply);
  brought.increment();
  return record.length;
}

/** What a damaged row held is gone; its leaf has not gone yet. */
function nothingWhereDamaged(error: unknown): undefined {
  if (!(error instanceof DamageError)) throw error;
}

/** Throws what no other key would fare better with. */
function keyFailed(
  { log }: Pick<Environment, "log">,
  { owner, partition }: BringRangeOptions,
  { key, error }: { readonly key: Uint8Array; readonly error: unknown },
): void {
  if (!isOperating(error) || (error instanceof ExchangeError && error.isOfThePeer)) throw error;
  log.warn(
    { owner, partition, key: toBase64url(key), err: error },
    "Cannot hand a row of a lost range over",
  );
}
