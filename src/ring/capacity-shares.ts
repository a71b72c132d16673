/*
 * Work by capacity (D-2.3-8, D-4.2-6): how many ranges each node owns, and in which order.
 *
 * What a node has to do follows from the copies it keeps, not from the ranges it owns: a range is kept by the N different nodes that a
 * walk from it meets. Were the owners in random order, a large node would be met twice in many walks, which pass over it the
 * second time, and keep less than its part, a small one more. So of N ranges in a row no two have the same owner, as far as that can be
 * had: each node then keeps about N times the ranges that it owns, and these are by capacity. No node keeps a range twice, so more than one copy of each is no
 * node's part: what its capacity would give it beyond 1/N of the ranges goes to the others. With N nodes or fewer
 * everybody keeps everything, whatever the capacities are.
 */
import type { NodeId } from "../base/ids.ts";
import type { SeededRandom } from "../base/seeded-random.ts";

/** How much each node can do, against the others. */
export interface Capacities {
  readonly n: number;
  /** Whole numbers from 1 on; a node that is not named has 1. */
  readonly capacityOf: ReadonlyMap<NodeId, number>;
}

/** True where all nodes can do as much, so that there is nothing to weigh. */
export function areEqual(nodes: readonly NodeId[], { capacityOf }: Capacities): boolean {
  return new Set(nodes.map((node) => capacityOf.get(node) ?? 1)).size <= 1;
}

/** The owner of each range, by range number, in proportion to the capacities; every node owns at least one. */
export function ownersByCapacity(
  random: SeededRandom,
  nodes: readonly NodeId[],
  partitionCount: number,
  capacities: Capacities,
): NodeId[] {
  const counts = rangeCounts(random.shuffle(nodes), partitionCount, capacities);
  const rangesLeft = new Map(counts);
  const owners: NodeId[] = [];
  while (owners.length < partitionCount) {
    const owner = nextOwner(random, owners, { rangesLeft, partitionCount, n: capacities.n });
    rangesLeft.set(owner, (rangesLeft.get(owner) ?? 0) - 1);
    owners.push(owner);
  }
  return owners;
}

/**
 * Each range goes to the node that is furthest behind its part (Webster's method), the first ones to nodes that have none, as long as a
 * node has fewer than it can keep copies of.
 */
function rangeCounts(
  nodes: readonly NodeId[],
  partitionCount: number,
  { n, capacityOf }: Capacities,
): ReadonlyMap<NodeId, number> {
  const capacities = nodes.map((node) => capacityOf.get(node) ?? 1);
  const counts = nodes.map(() => 1);
  const most = nodes.length > n ? Math.floor(partitionCount / n) : partitionCount;
  for (let given = nodes.length; given < partitionCount; given += 1) {
    let next = -1;
    for (let at = 0; at < nodes.length; at += 1) {
      if ((counts[at] as number) >= most) continue;
      if (next < 0 || isFurtherBehind(at, next)) next = at;
    }
    // So few ranges that they do not divide: somebody keeps one more than is of use.
    if (next < 0) next = given % nodes.length;
    counts[next] = (counts[next] as number) + 1;
  }
  return new Map(nodes.map((node, at) => [node, counts[at] as number]));

  function isFurtherBehind(one: number, other: number): boolean {
    const weight = (at: number, by: number) =>
      (capacities[at] as number) * (2 * (counts[by] as number) + 1);
    return weight(one, other) > weight(other, one);
  }
}

interface Remaining {
  readonly rangesLeft: ReadonlyMap<NodeId, number>;
  readonly partitionCount: number;
  readonly n: number;
}

/** Drawn from those that own none of the N - 1 ranges on either side, by what they still have to get; whoever would not fit in later goes first. */
function nextOwner(
  random: SeededRandom,
  owners: readonly NodeId[],
  { rangesLeft, partitionCount, n }: Remaining,
): NodeId {
  const near = new Set<NodeId>();
  for (let distance = 1; distance < n; distance += 1) {
    const before = owners[owners.length - distance];
    const behind = owners[owners.length + distance - partitionCount];
    if (before !== undefined) near.add(before);
    if (behind !== undefined) near.add(behind);
  }
  const waiting = [...rangesLeft].filter(([, left]) => left > 0);
  const apart = waiting.filter(([node]) => !near.has(node));
  const urgent = apart.filter(([, left]) => left * n >= partitionCount - owners.length);
  return drawByWeight(random, [urgent, apart, waiting].find((some) => some.length > 0) ?? []);
}

function drawByWeight(
  random: SeededRandom,
  weighted: readonly (readonly [NodeId, number])[],
): NodeId {
  let drawn = random.integer(weighted.reduce((sum, [, weight]) => sum + weight, 0));
  const found = weighted.find(([, weight]) => {
    drawn -= weight;
    return drawn < 0;
  });
  if (found === undefined) throw new RangeError("Cannot draw an owner: nobody is left");
  return found[0];
}
