/*
 * Which nodes a change of the ring gives ranges to keep, and which ones keep them no more (paper 4.9; D-4.9-1). That is more than the ranges which
 * change their owner: such a range is met by the walks from the ranges before it, too, at least from the N-1 before it, and from more of them
 * where a walk meets an owner again and passes over it.
 */
import { assert } from "../base/assert.ts";
import type { NodeId } from "../base/ids.ts";
import { primariesAlong } from "./datacenter-placement.ts";
import type { Ring } from "./ring.ts";

/** By node, in the order of their ids, the ranges among whose first N it is after the change and was not before: what it has to receive. */
export function rangesGained(
  before: Ring,
  after: Ring,
  n: number,
): ReadonlyMap<NodeId, readonly number[]> {
  const { partitionCount } = after;
  assert(
    before.partitionCount === partitionCount,
    `Cannot compare rings of ${before.partitionCount} and ${partitionCount} ranges`,
  );
  const keptBefore = primariesIn(before, n);
  const keptAfter = primariesIn(after, n);
  const gained = new Map<NodeId, number[]>(after.nodes.map((node) => [node, []]));
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const kept = keptBefore(partition);
    for (const node of keptAfter(partition)) {
      if (!kept.includes(node)) gained.get(node)?.push(partition);
    }
  }
  return new Map([...gained].filter(([, ranges]) => ranges.length > 0));
}

/** By node, the ranges among whose first N it was before the change and is not after. */
export function rangesLost(
  before: Ring,
  after: Ring,
  n: number,
): ReadonlyMap<NodeId, readonly number[]> {
  return rangesGained(after, before, n);
}

/** Finds the first N of a range's preference list. Whole lists of 65,536 ranges would take a ring of 300 nodes 4 s and 200 MB. */
function primariesIn(ring: Ring, n: number): (partition: number) => readonly NodeId[] {
  const { placement } = ring;
  if (placement === undefined) return (partition) => firstOf(walkFrom(ring, partition), n);
  // With datacenters no other number of copies is spread than the placement's own.
  if (placement.n !== n) return (partition) => ring.preferenceListOf(partition).slice(0, n);
  const primariesOf = primariesAlong(placement);
  return (partition) => primariesOf(walkFrom(ring, partition));
}

function firstOf(walk: Iterable<NodeId>, n: number): NodeId[] {
  const nodes: NodeId[] = [];
  for (const node of walk) {
    nodes.push(node);
    if (nodes.length === n) break;
  }
  return nodes;
}

/** Each owner once, in the order in which the walk from this range on meets them. */
function* walkFrom({ owners, nodes }: Ring, partition: number): Generator<NodeId, void> {
  const met = new Set<NodeId>();
  for (let step = 0; step < owners.length && met.size < nodes.length; step += 1) {
    const owner = owners[(partition + step) % owners.length] as NodeId;
    if (met.has(owner)) continue;
    met.add(owner);
    yield owner;
  }
}
