/*
 * Problem: a node joins or leaves, and every node has to find the same next table by itself (paper 6.2, D-6.2-5). As little as can be moves,
 * and what moves comes from all others alike, or goes to all of them alike (D-4.9-3).
 *
 * Sketch: `share-changes.ts` says how many ranges each node gives or gets. Which ones is drawn from a stream that follows from the cluster's id, the
 * new epoch and the node that comes or goes. Where capacities differ, those that move are then swapped so that ranges of one owner are N apart, as in the
 * first table (`swap-apart.ts`): only then does a node keep copies in proportion to the ranges it owns. Where they do not, the order is as random as there.
 *
 * Capacities are no part of a table: who plans gives those of all members after the change, and everybody the same ones.
 */
import { Writer } from "../base/binary.ts";
import type { NodeId } from "../base/ids.ts";
import { SeededRandom } from "../base/seeded-random.ts";
import type { Capacities } from "./capacity-shares.ts";
import { areEqual, ownersByCapacity } from "./capacity-shares.ts";
import type { DatacenterPlacement } from "./datacenter-placement.ts";
import { checkPlacement } from "./datacenter-placement.ts";
import type { PartitionTable } from "./partition-table.ts";
import type { ShareChange } from "./share-changes.ts";
import { rangesToGet, rangesToGive } from "./share-changes.ts";
import { swapApart } from "./swap-apart.ts";

export interface Newcomer {
  readonly node: NodeId;
  /** Given where the others have one, and only there. */
  readonly datacenter?: string | undefined;
}

/**
 * The table with one more node, which takes its share from the others; no other range changes its owner. Except where capacities differ and
 * the (N+1)st node joins: then all ranges are dealt anew, and still nobody else has to receive one, since the others keep them all.
 * Throws RangeError where the cluster cannot have the node.
 *
 * @param capacities Of all members, the newcomer among them. Undefined: all can do as much.
 */
export function tableWith(
  table: PartitionTable,
  newcomer: Newcomer,
  capacities?: Capacities,
): PartitionTable {
  const { node } = newcomer;
  const { owners } = table;
  if (table.nodes.includes(node)) {
    throw new RangeError(`Cannot add node ${node}: it is a member already`);
  }
  const nodes = [...table.nodes, node].sort();
  if (nodes.length > owners.length) {
    throw new RangeError(
      `Cannot add node ${node}: ${owners.length} ranges are too few for ${nodes.length} nodes`,
    );
  }
  const placement = placementWith(table, newcomer);
  checkSpread(`add node ${node}`, nodes, placement);
  const unequal = whereUnequal(nodes, capacities);
  const random = changeStream(table, "join", node);
  const next =
    table.nodes.length === unequal?.n
      ? ownersByCapacity(random, nodes, owners.length, unequal)
      : ownersWith(random, { nodes, owners, capacities: unequal }, node);
  return { ...table, epoch: table.epoch + 1, nodes, owners: next, placement };
}

/**
 * The table without one of its nodes, whose ranges are dealt to the others; no other range changes its owner. That is enough: with equal
 * capacities everybody has Q/S ranges, rounded down or up, after any number of joins and leaves (`share-changes.ts`).
 * Throws RangeError where the cluster cannot do without the node.
 *
 * @param capacities Of all members but the leaver. Undefined: all can do as much.
 */
export function tableWithout(
  table: PartitionTable,
  leaver: NodeId,
  capacities?: Capacities,
): PartitionTable {
  if (!table.nodes.includes(leaver)) {
    throw new RangeError(`Cannot remove node ${leaver}: it is no member`);
  }
  const nodes = table.nodes.filter((node) => node !== leaver).sort();
  if (nodes.length === 0) {
    throw new RangeError(`Cannot remove node ${leaver}: it is the last one`);
  }
  const placement = placementWithout(table, leaver);
  checkSpread(`remove node ${leaver}`, nodes, placement);
  const change = { nodes, owners: table.owners, capacities: whereUnequal(nodes, capacities) };
  const owners = ownersWithout(changeStream(table, "leave", leaver), change, leaver);
  return { ...table, epoch: table.epoch + 1, nodes, owners, placement };
}

/** Equal capacities make the table that none make, as they do in the first one. */
function whereUnequal(nodes: readonly NodeId[], capacities: Capacities | undefined) {
  return capacities === undefined || areEqual(nodes, capacities) ? undefined : capacities;
}

function changeStream(table: PartitionTable, kind: "join" | "leave", node: NodeId): SeededRandom {
  const writer = new Writer();
  writer.utf8(`ringside partition table after a ${kind}`);
  writer.utf8(table.clusterId);
  writer.varint(table.epoch + 1);
  writer.ascii(node);
  return new SeededRandom(writer.finish());
}

/** Of each donor's ranges, so many as it gives at random. */
function ownersWith(random: SeededRandom, change: ShareChange, newcomer: NodeId): NodeId[] {
  const owners = [...change.owners];
  const toGive = rangesToGive({ ...change, nodes: random.shuffle(change.nodes) }, newcomer);
  const owned = rangesByOwner(owners);
  for (const [donor, count] of toGive) {
    const given = random.shuffle(owned.get(donor) ?? []).slice(0, count);
    for (const partition of given) owners[partition] = newcomer;
  }
  const groups = [...toGive.keys()].map((donor) => owned.get(donor) ?? []);
  swapApart(random, owners, { groups, n: rowLength(change) });
  return owners;
}

/** The leaver's ranges, to those who get them in random order. */
function ownersWithout(random: SeededRandom, change: ShareChange, leaver: NodeId): NodeId[] {
  const owners = [...change.owners];
  const toGet = rangesToGet({ ...change, nodes: random.shuffle(change.nodes) });
  const receivers = [...toGet].flatMap(([node, count]) => new Array<NodeId>(count).fill(node));
  const left = rangesByOwner(owners).get(leaver) ?? [];
  random.shuffle(receivers).forEach((node, at) => {
    owners[left[at] as number] = node;
  });
  swapApart(random, owners, { groups: [left], n: rowLength(change) });
  return owners;
}

/** How many ranges in a row shall have different owners. N nodes or fewer keep everything in any order. */
function rowLength({ nodes, capacities }: ShareChange): number {
  return capacities !== undefined && nodes.length > capacities.n ? capacities.n : 1;
}

function rangesByOwner(owners: readonly NodeId[]): ReadonlyMap<NodeId, readonly number[]> {
  return Map.groupBy(owners.keys(), (partition) => owners[partition] as NodeId);
}

function placementWith(
  { placement }: PartitionTable,
  { node, datacenter }: Newcomer,
): DatacenterPlacement | undefined {
  if (datacenter === undefined) return placement;
  if (placement === undefined) {
    throw new RangeError(
      `Cannot add node ${node}: it has datacenter ${datacenter}, and others have none`,
    );
  }
  return { ...placement, datacenterOf: new Map(placement.datacenterOf).set(node, datacenter) };
}

/** Where the last node of a datacenter that keeps no copies leaves, nothing is left to say of it. */
function placementWithout(
  { placement }: PartitionTable,
  leaver: NodeId,
): DatacenterPlacement | undefined {
  if (placement === undefined) return undefined;
  const datacenterOf = new Map(placement.datacenterOf);
  datacenterOf.delete(leaver);
  const known = new Set(datacenterOf.values());
  const counts = [...(placement.replicas ?? [])].filter(
    ([datacenter, count]) => count > 0 || known.has(datacenter),
  );
  return { ...placement, datacenterOf, replicas: placement.replicas && new Map(counts) };
}

function checkSpread(
  what: string,
  nodes: readonly NodeId[],
  placement: DatacenterPlacement | undefined,
): void {
  if (placement === undefined) return;
  try {
    checkPlacement(nodes, placement);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`Cannot ${what}: ${error.message}`, { cause: error });
  }
}
