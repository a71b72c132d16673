/*
 * Aim: after any joins and leaves everybody has its share, as few ranges as can be have moved, and all nodes find the same table. Method: random
 * sequences of changes, each held against the rule as it is said; for capacities, against the first table of the same members, too.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { areEqual } from "./capacity-shares.ts";
import type { PartitionTable } from "./partition-table.ts";
import { createRing, ringFromTable } from "./partition-table.ts";
import { rangesGained } from "./range-movements.ts";
import { tableWith, tableWithout } from "./table-changes.ts";
import type { Change } from "./testing/change-sequences.ts";
import { changeSequences, changesOf, numbered, tableOf } from "./testing/change-sequences.ts";

function ownedCounts({ nodes, owners }: PartitionTable): ReadonlyMap<NodeId, number> {
  const counts = new Map<NodeId, number>(nodes.map((node) => [node, 0]));
  for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return counts;
}

/** Of the ranges with another owner: who had and who has them. */
function moves({ before, after }: Change): readonly { from: NodeId; to: NodeId }[] {
  return after.owners.flatMap((to, partition) => {
    const from = before.owners[partition] as NodeId;
    return from === to ? [] : [{ from, to }];
  });
}

/** How many ranges each of the nodes other than the one that came or went has given or got. */
function movedByOthers(change: Change): readonly number[] {
  const before = ownedCounts(change.before);
  const after = ownedCounts(change.after);
  const others = change.after.nodes.filter((node) => node !== change.node);
  return others.map((node) => Math.abs((after.get(node) ?? 0) - (before.get(node) ?? 0)));
}

const spread = (counts: readonly number[]) => Math.max(...counts) - Math.min(...counts);

function expectOnlyItsRangesMoved(change: Change): void {
  const others = moves(change).filter(({ from, to }) =>
    change.kind === "join" ? to !== change.node : from !== change.node,
  );
  expect(others).toEqual([]);
}

function plain(nodeCount: number, partitionCount: number, clusterId = "shop"): PartitionTable {
  const nodes = Array.from({ length: nodeCount }, (_, at) => numbered(at));
  return tableOf(createRing({ clusterId, nodes, partitionCount }), clusterId);
}

describe("tableWith() and tableWithout()", () => {
  it("D-6.2-5 after any joins and leaves every node owns Q/S ranges, rounded down or up, and as few as can be have moved", () => {
    fc.assert(
      fc.property(changeSequences("equal"), (sequence) => {
        for (const change of changesOf(sequence)) {
          const { before, after, kind, node } = change;
          const share = sequence.partitionCount / after.nodes.length;
          const counts = [...ownedCounts(after).values()];
          expect(Math.min(...counts)).toBe(Math.floor(share));
          expect(Math.max(...counts)).toBe(Math.ceil(share));
          expectOnlyItsRangesMoved(change);
          const fewest = kind === "join" ? Math.floor(share) : ownedCounts(before).get(node);
          expect(moves(change)).toHaveLength(fewest ?? -1);
        }
      }),
    );
  });

  it("D-4.9-3 all others give or get as many ranges, but for one", () => {
    fc.assert(
      fc.property(changeSequences("equal"), (sequence) => {
        for (const change of changesOf(sequence)) {
          expect(spread(movedByOthers(change))).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it("makes a table that is a ring, one epoch later, of the members with the newcomer or without the leaver", () => {
    fc.assert(
      fc.property(changeSequences("unequal"), (sequence) => {
        for (const { before, after, kind, node } of changesOf(sequence)) {
          const ring = ringFromTable(after);
          expect(ring.stamp.epoch).toBe(before.epoch + 1);
          const rest = (kind === "join" ? after : before).nodes.filter((other) => other !== node);
          expect(rest).toEqual((kind === "join" ? before : after).nodes);
          expect(after.nodes).toEqual(ring.nodes);
          expect([...(after.placement?.datacenterOf.keys() ?? after.nodes)].sort()).toEqual(
            after.nodes,
          );
        }
      }),
    );
  });
});

describe("a change by capacity", () => {
  /** No node would be nearer to its part by one range more than another is by its last one. */
  function expectBalance({ after, capacities }: Change, n: number): void {
    const counts = [...ownedCounts(after)];
    const most = Math.floor(after.owners.length / n);
    const capacityOf = (node: NodeId) => capacities?.capacityOf.get(node) ?? 1;
    for (const [poor, few] of counts) {
      for (const [rich, many] of counts) {
        if (many === 1 || (few >= most && many <= most)) continue;
        if (few >= most || many > most) {
          expect(many - few).toBeLessThanOrEqual(few >= most ? 1 : 0);
        } else {
          expect(capacityOf(poor) * (2 * many - 1)).toBeLessThanOrEqual(
            capacityOf(rich) * (2 * few + 1),
          );
        }
      }
    }
  }
  it("is to do", () => {
    fc.assert(
      fc.property(changeSequences("unequal"), (sequence) => {
        for (const change of changesOf(sequence)) {
          const { after, capacities } = change;
          if (after.nodes.length <= sequence.n) continue;
          if (capacities !== undefined && areEqual(after.nodes, capacities)) continue;
          expectBalance(change, sequence.n);
        }
      }),
    );
  });
});
