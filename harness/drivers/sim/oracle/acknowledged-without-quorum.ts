import { parseActor } from "../../../../src/base/actor.ts";
import type { Clock, VersioningMode } from "../../../../src/causality/versioning.ts";
import { isLastWriteWins } from "../../../../src/causality/versioning.ts";
import type { Mint } from "./key-history.ts";
import { covers } from "./key-history.ts";
import type { ClientRequest, Copy, CopyOf } from "./key-state.ts";
import { isLossless } from "./lossless.ts";
import type { Violations } from "./violations.ts";

const CHECK = "acknowledged-without-quorum";

export interface QuorumCheckOptions {
  /** True where the engines promise that what they acknowledge survives: then only durable rows count. */
  readonly synced: boolean;
  readonly mode: VersioningMode;
  /**
   * True where the clocks of all nodes are no further apart than hybrid ones follow: then a write by hybrid time is later than all
   * that its coordinator holds, and shows at least there.
   */
  readonly clocksKept?: boolean;
}

/**
 * A write answered as done has W copies. As the store counts (D-4.6): a copy belongs to one of the key's N primaries and
 * is kept by that primary, or, unless quorums are strict, by one other node as a hint; no node stands for two. So the question is whether W pairs
 * (node, owner) can be found in which no node and no owner comes up twice.
 *
 * A copy counts where the row's clock covers the write, which may be superseded in it by now, and where it did at the
 * moment its node lost its data, since the node may have told the coordinator before.
 */
export function checkQuorum(
  request: ClientRequest,
  options: QuorumCheckOptions,
  violations: Violations,
): void {
  const { ask, state, mints, payload } = request;
  // Where writes lose their dots by design, the one that shows with this payload may be another request's.
  if (!isLossless(options.mode) && payload !== undefined && state.isRepeated(payload)) return;
  if (mints.length === 0) {
    // Where the paper's clocks let a stored version stand for the new one, nothing of the write may ever show (K-2).
    if (showsEachWrite(options)) {
      violations.report(CHECK, () => ({
        anomaly: "a write was acknowledged that no node ever stored",
        detail: `Node ${ask.node} acknowledged request ${ask.id}, and no row ever showed its payload under a dot`,
        key: state.name,
      }));
    }
    return;
  }
  // In those modes a write may leave no trace from the start, and the dot be that of its twin.
  if (request.sharesMints && !isLossless(options.mode)) {
    return;
  }
  // Nor where the one that left no trace may have been made by another node than the one that shows.
  if (!showsEachWrite(options) && mints.every((mint) => nodeOf(mint) !== ask.node)) return;
  let most: readonly CopyOf[] = [];
  for (const mint of mints) {
    const pairs = distinctCopies(copiesHolding(request, mint, options));
    if (pairs.length >= ask.quorum) {
      return;
    }
    most = pairs.length >= most.length ? pairs : most;
  }
  violations.report(CHECK, () => ({
    anomaly: "a write was acknowledged with fewer copies than W",
    detail: `Node ${ask.node} acknowledged request ${ask.id} with W ${ask.quorum}, and only ${most.length} ${options.synced ? "durable " : ""}copies count (${namesOf(most)})`,
    key: state.name,
  }));
}

function nodeOf({ actor }: Mint): string | undefined {
  return parseActor(actor)?.nodeId;
}

function showsEachWrite({ mode, clocksKept }: QuorumCheckOptions): boolean {
  return isLossless(mode) || (mode === "lww-hybrid" && clocksKept === true);
}

/** To be called before a node loses rows: what it held for requests that are not answered yet keeps counting. */
export function keepLostCopies(
  request: ClientRequest,
  node: string,
  options: QuorumCheckOptions,
): void {
  for (const copy of request.state.copies) {
    if (copy.node === node && request.mints.some((mint) => holds(copy, mint, options))) {
      request.lostCopies.push({ node, owner: copy.owner });
    }
  }
}

function copiesHolding(
  request: ClientRequest,
  mint: Mint,
  options: QuorumCheckOptions,
): readonly CopyOf[] {
  const { copies, primaries } = request.state;
  const holding: CopyOf[] = copies.filter(
    (copy) => primaries.includes(copy.owner) && holds(copy, mint, options),
  );
  const lost = request.lostCopies.filter(({ owner }) => primaries.includes(owner));
  const all = lost.length === 0 ? holding : holding.concat(lost);
  return request.ask.strict ? all.filter(({ node, owner }) => node === owner) : all;
}

function holds(copy: Copy, mint: Mint, { synced, mode }: QuorumCheckOptions): boolean {
  const clock = (synced ? copy.durable : copy.visible)?.record.clock;
  if (clock === undefined) {
    return false;
  }
  return isLastWriteWins(mode) ? isAsNew(clock, mint) : covers(clock, mint);
}

/** True where the one stamp of the record is at least the write's: the later write takes the place of the earlier. */
function isAsNew(clock: Clock, mint: Mint): boolean {
  for (const [actor, stamp] of clock) {
    return stamp > mint.counter || (stamp === mint.counter && actor >= mint.actor);
  }
  return false;
}

/** As many of the pairs as can stand together without naming a node or an owner twice. */
function distinctCopies(pairs: readonly CopyOf[]): readonly CopyOf[] {
  const pairOfOwner = new Map<string, CopyOf>();
  const nodes = new Set(pairs.map((pair) => pair.node));
  for (const node of nodes) {
    assign(node, pairs, pairOfOwner, new Set());
  }
  return [...pairOfOwner.values()];
}

/** Finds the node an owner, moving others where that makes room: an augmenting path of a bipartite matching. */
function assign(
  node: string,
  pairs: readonly CopyOf[],
  pairOfOwner: Map<string, CopyOf>,
  tried: Set<string>,
): boolean {
  for (const pair of pairs) {
    if (pair.node !== node || tried.has(pair.owner)) {
      continue;
    }
    tried.add(pair.owner);
    const holder = pairOfOwner.get(pair.owner);
    if (holder === undefined || assign(holder.node, pairs, pairOfOwner, tried)) {
      pairOfOwner.set(pair.owner, pair);
      return true;
    }
  }
  return false;
}

function namesOf(pairs: readonly CopyOf[]): string {
  return pairs
    .map(({ node, owner }) => (node === owner ? node : `${node} for ${owner}`))
    .join(", ");
}
