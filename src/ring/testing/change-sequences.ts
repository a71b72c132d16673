import fc from "fast-check";
import type { NodeId } from "../../base/ids.ts";
import { nodeId } from "../../base/ids.ts";
import type { Capacities } from "../capacity-shares.ts";
import type { DatacenterPlacement } from "../datacenter-placement.ts";
import type { PartitionTable } from "../partition-table.ts";
import { createRing } from "../partition-table.ts";
import type { Ring } from "../ring.ts";
import { tableWith, tableWithout } from "../table-changes.ts";

/** A cluster and the nodes that come or go one after the other: who is a member leaves, who is none joins. */
export interface ChangeSequence {
  readonly clusterId: string;
  readonly partitionCount: number;
  readonly n: number;
  readonly founderCount: number;
  /** Of each node by its number; as many as there are nodes. Undefined: equal. */
  readonly capacities: readonly number[] | undefined;
  readonly datacenterCount: number;
  /** Numbers of nodes. */
  readonly changes: readonly number[];
}

export interface Change {
  readonly kind: "join" | "leave";
  readonly node: NodeId;
  readonly before: PartitionTable;
  readonly after: PartitionTable;
  /** Of the members after it. */
  readonly capacities: Capacities | undefined;
}

export const NODE_COUNT = 40;

export function changeSequences(kind: "equal" | "unequal"): fc.Arbitrary<ChangeSequence> {
  const each = fc.array(fc.integer({ min: 1, max: 8 }), {
    minLength: NODE_COUNT,
    maxLength: NODE_COUNT,
  });
  return fc.record({
    clusterId: fc.string({ maxLength: 5 }),
    partitionCount: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 8, max: 200 }) },
      { weight: 1, arbitrary: fc.integer({ min: 8, max: 4_096 }) },
    ),
    n: fc.integer({ min: 1, max: 5 }),
    founderCount: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: NODE_COUNT })),
    capacities: kind === "equal" ? fc.constant(undefined) : each,
    datacenterCount: fc.nat({ max: 4 }),
    changes: fc.array(fc.nat({ max: NODE_COUNT - 1 }), { minLength: 1, maxLength: 30 }),
  });
}

export function numbered(number: number): NodeId {
  return nodeId(`node-${number}`);
}

/** The table of the founders, then every change that the cluster can have. */
export function* changesOf(sequence: ChangeSequence): Generator<Change, void> {
  const capacities = capacitiesOf(sequence);
  let before = foundersTable(sequence, capacities);
  for (const number of sequence.changes) {
    const node = numbered(number);
    const kind = before.nodes.includes(node) ? "leave" : "join";
    const bound = kind === "leave" ? 1 : sequence.partitionCount;
    if (before.nodes.length === bound) continue;
    const after =
      kind === "join"
        ? tableWith(before, { node, datacenter: datacenterOf(sequence, number) }, capacities)
        : tableWithout(before, node, capacities);
    yield { kind, node, before, after, capacities };
    before = after;
  }
}

export function tableOf(ring: Ring, clusterId: string): PartitionTable {
  const { stamp, nodes, owners, placement } = ring;
  return { clusterId, epoch: stamp.epoch, nodes, owners, placement };
}

function foundersTable(sequence: ChangeSequence, capacities: Capacities | undefined) {
  const { clusterId, partitionCount, n, founderCount, datacenterCount } = sequence;
  const numbers = Array.from({ length: Math.min(founderCount, partitionCount) }, (_, at) => at);
  const places = numbers.map(
    (number) => [numbered(number), datacenterOf(sequence, number) ?? ""] as const,
  );
  const placement: DatacenterPlacement | undefined =
    datacenterCount === 0 ? undefined : { n, datacenterOf: new Map(places), replicas: undefined };
  const nodes = numbers.map(numbered);
  const ring = createRing({ clusterId, nodes, partitionCount, capacities, placement });
  return tableOf(ring, clusterId);
}

function datacenterOf({ datacenterCount }: ChangeSequence, number: number): string | undefined {
  return datacenterCount === 0 ? undefined : `dc${number % datacenterCount}`;
}

function capacitiesOf({ n, capacities }: ChangeSequence): Capacities | undefined {
  if (capacities === undefined) return undefined;
  return { n, capacityOf: new Map(capacities.map((each, at) => [numbered(at), each])) };
}
