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
import { call, ExchangeError, isOperating, unexpected, wasShed } from "./exchange-call.ts";
import { SendWindow } from "./send-window.ts";
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

type BringRangeEnvironment = Pick<Environment, "assertions" | "log">;

/**
 * Brings what this node has of a lost range to one of the owners, and resolves with true once that one has all of it: their trees of
 * the range were compared, and what differs was sent, as it is, for the owner to merge and store. Nothing comes back, and this node's rows stay
 * as they are: they are to go. False: it was stopped, the owner has no trees or lost a write just then, or some key was refused. Rejects with ExchangeError
 * where the owner does not answer, or has no place for one row alone, StorageError where a row cannot be read.
 */
export async function bringRange(
  env: BringRangeEnvironment,
  parts: BringRangeParts,
  options: BringRangeOptions,
): Promise<boolean> {
  const { shared, calls } = parts;
  const { partition, owner: peer, ring, isOver, callTimeoutMs } = options;
  const comparison = new Comparison(() => shared.of(partition), TREE_PATHS_MAX, {
    isOneWay: true,
  });
  const window = new SendWindow(wasShed);
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
    if (isOver()) return false;
    const keys = found.map(({ key }) => key);
    isWhole = (await bringKeys(env, parts, options, { keys, window })) && isWhole;
  }
}

/** Resolves with true once the owner has all of them, false where it was stopped, or some of them were refused. */
async function bringKeys(
  env: BringRangeEnvironment,
  parts: BringRangeParts,
  options: BringRangeOptions,
  { keys, window }: { readonly keys: readonly Uint8Array[]; readonly window: SendWindow },
): Promise<boolean> {
  const { pacer, limits } = parts;
  let isWhole = true;
  for await (const sent of window.send(keys, (key) => bringKey(env, parts, options, key))) {
    let bytes = 0;
    for (const { item: key, end } of sent) {
      if (end.status === "fulfilled") bytes += end.value;
      else {
        isWhole = false;
        keyFailed(env, options, { key, error: end.reason });
      }
    }
    const costs = [sent.length / limits.keysPerSecond, bytes / limits.bytesPerSecond];
    await pacer.wait(pacer.take(1_000 * Math.max(...costs)));
    if (options.isOver()) return false;
  }
  return isWhole;
}

/** Resolves with the size of the record once it is durable at the owner; 0 where there is none any more, or none that can be read. */
async function bringKey(
  { assertions }: BringRangeEnvironment,
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
  assertions.reachable("a row of a lost range came to an owner");
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
