/*
 * Aim: which nodes have to receive what when the ring changes, and how much that is. Method: changes that one can follow by hand, random ones against
 * the definition by whole preference lists, and counts over clusters of the paper's sizes.
 */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import type { PartitionTable } from "./partition-table.ts";
import { createRing, ringFromTable } from "./partition-table.ts";
import { rangesGained, rangesLost } from "./range-movements.ts";
import type { Ring } from "./ring.ts";
import { tableWith, tableWithout } from "./table-changes.ts";
import { changeSequences, changesOf, numbered, tableOf } from "./testing/change-sequences.ts";

const N = 3;
const X = nodeId("X");

/** The owners' names, a letter each. */
function tableOfOwners(letters: string): PartitionTable {
  const owners = [...letters].map(nodeId);
  return { clusterId: "shop", epoch: 1, nodes: [...new Set(owners)].sort(), owners };
}

/** As text: `X: 2 3 4`. */
function texts(movements: ReadonlyMap<NodeId, readonly number[]>): readonly string[] {
  return [...movements].map(([node, ranges]) => `${node}: ${ranges.join(" ")}`);
}

function movements(before: PartitionTable, after: PartitionTable) {
  const rings = [ringFromTable(before), ringFromTable(after)] as const;
  return { gained: texts(rangesGained(...rings, N)), lost: texts(rangesLost(...rings, N)) };
}

/** By whole preference lists. */
function gainedBySlices(before: Ring, after: Ring, n: number): ReadonlyMap<NodeId, number[]> {
  const gained = new Map<NodeId, number[]>();
  for (const node of after.nodes) {
    const ranges = [...after.owners.keys()].filter(
      (partition) =>
        after.preferenceListOf(partition).slice(0, n).includes(node) &&
        !before.preferenceListOf(partition).slice(0, n).includes(node),
    );
    if (ranges.length > 0) gained.set(node, ranges);
  }
  return gained;
}

describe("rangesGained() and rangesLost()", () => {
  it("D-4.9-1 of eight ranges a newcomer takes one from who has two, and keeps it and the two before it: nothing else moves", () => {
    const before = tableOfOwners("ABCDAEFG");
    const after = tableWith(before, { node: X });
    // With whole ranges the one donor gives up all three copies; in the paper's split of a range each of N nodes gives up one.
    const outcomes = new Map([
      ["XBCDAEFG", { gained: ["X: 0 6 7"], lost: ["A: 0 6 7"] }],
      ["ABCDXEFG", { gained: ["X: 2 3 4"], lost: ["A: 2 3 4"] }],
    ]);
    expect(outcomes.keys()).toContain(after.owners.join(""));
    expect(movements(before, after)).toEqual(outcomes.get(after.owners.join("")));
    for (const [owners, outcome] of outcomes) {
      expect(movements(before, tableOfOwners(owners))).toEqual(outcome);
    }
  });

  it("D-4.9-3 a removal is the reverse: who gets the leaver's range keeps it and the two before it", () => {
    const before = tableOfOwners("ABCDXEFG");
    const after = tableOfOwners("ABCDAEFG");
    expect(movements(before, after)).toEqual({ gained: ["A: 2 3 4"], lost: ["X: 2 3 4"] });
    expect(tableWithout(before, X).nodes).toEqual(after.nodes);
  });

  it("counts ranges further before a moved one, the walks from which pass over an owner met twice", () => {
    expect(movements(tableOfOwners("ABABCDEF"), tableOfOwners("ABABXDEF"))).toEqual({
      gained: ["X: 0 1 2 3 4"],
      lost: ["C: 0 1 2 3 4"],
    });
    // Where two ranges in a row move to one node, walks go further, and others receive copies, too.
    expect(movements(tableOfOwners("ABCDEFBC"), tableOfOwners("AXXDEFBC"))).toEqual({
      gained: ["D: 0", "E: 1", "X: 0 1 2 7"],
      lost: ["B: 0 1 7", "C: 0 1 2"],
    });
  });

  it("agrees with whole preference lists, whatever the number of copies, with and without datacenters", () => {
    const sequences = fc.constantFrom("equal" as const, "unequal" as const).chain(changeSequences);
    fc.assert(
      fc.property(sequences, fc.nat({ max: 1 }), (sequence, extra) => {
        const small = { ...sequence, partitionCount: (sequence.partitionCount % 64) + 8 };
        const n = sequence.n + extra;
        for (const { before, after } of changesOf({
          ...small,
          changes: small.changes.slice(0, 6),
        })) {
          const [old, young] = [ringFromTable(before), ringFromTable(after)];
          expect(rangesGained(old, young, n)).toEqual(gainedBySlices(old, young, n));
          expect(rangesLost(old, young, n)).toEqual(gainedBySlices(young, old, n));
        }
      }),
    );
  });

  it("is empty where nothing changes, and refuses rings of other ranges", () => {
    const ring = ringFromTable(tableOfOwners("ABCD"));
    expect(rangesGained(ring, ring, N).size).toBe(0);
    const other = ringFromTable(tableOfOwners("ABCDE"));
    expect(() => rangesGained(ring, other, N)).toThrow(/rings of 4 and 5 ranges/);
  });
});

describe("how much moves when one node joins S others, Q=1024, N=3", () => {
  /** Of one join: ranges with another owner, copies that the newcomer receives, and copies that others do. */
  function joinCounts(nodeCount: number, clusterId: string) {
    const nodes = Array.from({ length: nodeCount }, (_, at) => numbered(at));
    const before = createRing({ clusterId, nodes, partitionCount: 1_024 });
    const after = ringFromTable(tableWith(tableOf(before, clusterId), { node: X }));
    const gained = rangesGained(before, after, N);
    const copies = [...gained.values()].reduce((sum, ranges) => sum + ranges.length, 0);
    const own = gained.get(X)?.length ?? 0;
    const ranges = after.owners.filter((owner, at) => owner !== before.owners[at]).length;
    return { ranges, own, byOthers: copies - own };
  }

  test.each([5, 10, 30, 100])(
    "D-4.7-5 D-6.2-5 S=%i: Q/(S+1) ranges, N times as many copies, and all other ranges stay whole where they are",
    (nodeCount) => {
      for (const clusterId of ["a", "b", "c", "d", "e"]) {
        const { ranges, own, byOthers } = joinCounts(nodeCount, clusterId);
        expect(ranges).toBe(Math.floor(1_024 / (nodeCount + 1)));
        expect(own / (N * ranges)).toBeGreaterThan(0.9);
        expect(own / (N * ranges)).toBeLessThan(1.1);
        expect(byOthers).toBeLessThan(0.12 * own);
      }
    },
  );
});
