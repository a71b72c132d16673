import { parseActor } from "../../../../src/base/actor.ts";
import type { Clock, VersioningMode } from "../../../../src/causality/versioning.ts";
import { isLastWriteWins } from "../../../../src/causality/versioning.ts";
import type { Mint } from "./key-history.ts";
import { covers } from "./key-history.ts";
import type { ClientRequest, Copy, CopyOf, KnownRow } from "./key-state.ts";
import { isLossless } from "./lossless.ts";
import { ownCopyOf } from "./own-copy.ts";
import { holdsVersionOf, tracelessClocks } from "./traceless-mint.ts";
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
  /** As `OracleParts` has them. */
  readonly movingW?: number | undefined;
  readonly destroyed?: ReadonlySet<string>;
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
  // What a foreign context covers nobody can say; that it was accepted is a finding by itself.
  if (options.mode === "vector-clock" && request.context === undefined) return;
  // In those modes a write may leave no trace from the start, and the dot be that of its twin.
  if (request.sharesMints && !isLossless(options.mode)) {
    return;
  }
  // Nor where the one that left no trace may have been made by another node than the one that shows: an earlier stamp than a stored one.
  if (mayBeTooEarly(options) && mints.every((mint) => nodeOf(mint) !== ask.node)) return;
  if (hasQuorumOfPrimaries(request, options)) return;
  let most: readonly CopyOf[] = [];
  for (const primaries of ringsFor(request, options)) {
    for (const isHeldIn of waysToHold(request, options)) {
      const pairs = distinctCopies(copiesHolding(request, { primaries, isHeldIn }, options));
      if (pairs.length >= ask.quorum) {
        return;
      }
      most = pairs.length >= most.length ? pairs : most;
    }
  }
  if (mints.length === 0) {
    violations.report(CHECK, () => ({
      anomaly: "a write was acknowledged that no node ever stored",
      detail: `Node ${ask.node} acknowledged request ${ask.id}, and no row ever showed its payload under a dot, nor a version that may have stayed in its place`,
      key: state.name,
    }));
    return;
  }
  violations.report(CHECK, () => ({
    anomaly: "a write was acknowledged with fewer copies than W",
    detail: `Node ${ask.node} acknowledged request ${ask.id} with W ${ask.quorum}, and only ${most.length} ${options.synced ? "durable " : ""}copies count (${namesOf(most)})`,
    key: state.name,
  }));
}

/**
 * The primaries of each ring under which the write may have been acknowledged: one in force since it was asked. Of a strict one it is always the last:
 * whoever took over from one of its W had received what that one stored before it heard of the change. With a W below the cluster's own, nodes
 * that have not heard of a change may acknowledge even later what they hand over afterwards; and so may nodes whose disks have forgotten it.
 */
function ringsFor(
  { ask, askedMs, state }: ClientRequest,
  { movingW = 0, destroyed }: QuorumCheckOptions,
): readonly (readonly string[])[] {
  const mayBeOfBefore = ask.quorum < movingW || (destroyed?.size ?? 0) > 0;
  if (mayBeOfBefore) return state.primariesSince(Number.NEGATIVE_INFINITY);
  return ask.strict ? [state.primaries] : state.primariesSince(askedMs);
}

/** Mostly it is so, and then no pairs have to be looked for: W primaries each hold their own copy of the write, under one of its dots. */
function hasQuorumOfPrimaries(
  { ask, state, mints }: ClientRequest,
  options: QuorumCheckOptions,
): boolean {
  for (const mint of mints) {
    let count = 0;
    for (const primary of state.primaries) {
      const own = ownCopyOf(state, primary);
      const row = own && rowOf(own, options);
      if (row !== undefined && holds(row, mint, options.mode)) count += 1;
    }
    if (count >= ask.quorum) return true;
  }
  return false;
}

function nodeOf({ actor }: Mint): string | undefined {
  return parseActor(actor)?.nodeId;
}

/** Where the last write wins and clocks may stand too far apart, a write may be earlier than what its coordinator holds. */
function mayBeTooEarly({ mode, clocksKept }: QuorumCheckOptions): boolean {
  return mode === "lww" || (mode === "lww-hybrid" && clocksKept !== true);
}

type IsHeldIn = (row: KnownRow) => boolean;

/** A write is there under any of its dots, or as the version that stayed in its place. */
function waysToHold(request: ClientRequest, { mode }: QuorumCheckOptions): readonly IsHeldIn[] {
  const ways: IsHeldIn[] = request.mints.map((mint) => (row) => holds(row, mint, mode));
  if (mode === "vector-clock") {
    for (const clock of tracelessClocks(request)) ways.push((row) => holdsVersionOf(row, clock));
  }
  return ways;
}

/** To be called before a node loses rows: what it held for requests that are not answered yet keeps counting. */
export function keepLostCopies(
  request: ClientRequest,
  node: string,
  options: QuorumCheckOptions,
): void {
  for (const copy of request.state.copies) {
    const row = rowOf(copy, options);
    if (copy.node !== node || row === undefined) continue;
    if (waysToHold(request, options).some((isHeldIn) => isHeldIn(row))) {
      request.lostCopies = [...request.lostCopies, { node, owner: copy.owner, row }];
    }
  }
}

function copiesHolding(
  request: ClientRequest,
  { primaries, isHeldIn }: { readonly primaries: readonly string[]; readonly isHeldIn: IsHeldIn },
  options: QuorumCheckOptions,
): readonly CopyOf[] {
  const { copies } = request.state;
  const holding: CopyOf[] = copies.filter((copy) => {
    const row = rowOf(copy, options);
    return row !== undefined && primaries.includes(copy.owner) && isHeldIn(row);
  });
  const lost = request.lostCopies.filter(
    ({ owner, row }) => primaries.includes(owner) && isHeldIn(row),
  );
  const all = lost.length === 0 ? holding : holding.concat(lost);
  return request.ask.strict ? all.filter(({ node, owner }) => node === owner) : all;
}

function rowOf(copy: Copy, { synced }: QuorumCheckOptions): KnownRow | undefined {
  return synced ? copy.durable : copy.visible;
}

function holds({ record: { clock } }: KnownRow, mint: Mint, mode: VersioningMode): boolean {
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
