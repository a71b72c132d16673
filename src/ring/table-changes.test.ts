/*
 * Aim: after any joins and leaves everybody has its share, as few ranges as can be have moved, and all nodes find the same table. Method: random
 * sequences of changes, each held against the rule as it is said; for capacities, against the first table of the same members, too.
 */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { areEqual } from "./capacity-shares.ts";
import type { PartitionTable } from "./partition-table.ts";
import { createRing, ringFromTable } from "./partition-table.ts";
import { rangesGained } from "./range-movements.ts";
import { tableWith, tableWithout } from "./table-changes.ts";
import type { Change, ChangeSequence } from "./testing/change-sequences.ts";
import {
  changeSequences,
  changesOf,
  NODE_COUNT,
  numbered,
  tableOf,
} from "./testing/change-sequences.ts";

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

const X = nodeId("X");

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
  /** What each owns, less what it owns in a first table of the same members. */
  function offFirstTable({ after, capacities }: Change): readonly number[] {
    const { clusterId, nodes, owners } = after;
    const first = createRing({ clusterId, nodes, partitionCount: owners.length, capacities });
    const expected = ownedCounts(tableOf(first, clusterId));
    return [...ownedCounts(after)].map(([node, count]) => count - (expected.get(node) ?? 0));
  }

  /** Nobody would be nearer to its part with one range more than another is with its last one (Webster), who could spare it. */
  function unmetClaims({ after, capacities }: Change, n: number): readonly string[] {
    const counts = [...ownedCounts(after)];
    const most = Math.floor(after.owners.length / n);
    const capacityOf = (node: NodeId) => capacities?.capacityOf.get(node) ?? 1;
    return counts.flatMap(([poor, few]) =>
      counts
        .filter(([rich, many]) => {
          if (many === 1) return false;
          if (few >= most) return many > few + 1;
          return (
            many > most || capacityOf(poor) * (2 * many - 1) > capacityOf(rich) * (2 * few + 1)
          );
        })
        .map(([rich, many]) => `${rich} has ${many}, ${poor} ${few}`),
    );
  }

  it("D-2.3-8 D-6.2-5 with more than N nodes everybody has the ranges that its capacity gives it", () => {
    fc.assert(
      fc.property(changeSequences("unequal"), (sequence) => {
        for (const change of changesOf(sequence)) {
          const { after, capacities } = change;
          if (after.nodes.length <= sequence.n) continue;
          if (capacities !== undefined && areEqual(after.nodes, capacities)) {
            expect(spread([...ownedCounts(after).values()])).toBeLessThanOrEqual(1);
          } else {
            expect(unmetClaims(change, sequence.n)).toEqual([]);
          }
        }
      }),
    );
  });

  it("D-2.3-8 nobody owns more than one range more or less than in a first table of the same members", () => {
    fc.assert(
      fc.property(changeSequences("unequal"), (sequence) => {
        const last = [...changesOf({ ...sequence, changes: sequence.changes.slice(0, 8) })].at(-1);
        if (last === undefined || last.after.nodes.length <= sequence.n) return;
        expect(Math.max(...offFirstTable(last).map(Math.abs))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("spreads evenly, whatever the capacities, what is left where everybody has as many ranges as there is a copy for", () => {
    // Nine ranges, five copies of each: with one range a node has enough.
    const each = [8, ...new Array<number>(NODE_COUNT - 1).fill(1)];
    for (let leaver = 1; leaver < 7; leaver += 1) {
      const sequence: ChangeSequence = {
        clusterId: "shop",
        partitionCount: 9,
        n: 5,
        founderCount: 7,
        capacities: each,
        datacenterCount: 0,
        changes: [leaver, leaver],
      };
      for (const { after } of changesOf(sequence)) {
        expect(Math.max(...ownedCounts(after).values())).toBe(2);
      }
    }
  });

  it("D-4.9-3 all others give or get so many ranges for each unit of capacity, but for one up or down", () => {
    fc.assert(
      fc.property(changeSequences("unequal"), (sequence) => {
        // Enough ranges that nobody has one just so as to have any, and a copy for everybody.
        const roomy = { ...sequence, n: 1, partitionCount: sequence.partitionCount + 320 };
        for (const change of changesOf(roomy)) {
          const capacityOf = (node: NodeId) => change.capacities?.capacityOf.get(node) ?? 1;
          const others = change.after.nodes.filter((node) => node !== change.node);
          const moved = movedByOthers(change).map((count, at) => {
            const capacity = capacityOf(others[at] as NodeId);
            return { least: (count - 1) / capacity, most: (count + 1) / capacity };
          });
          const least = Math.max(...moved.map((each) => each.least));
          expect(least).toBeLessThanOrEqual(Math.min(...moved.map((each) => each.most)));
        }
      }),
    );
  });

  it("moves only what the newcomer gains or the leaver had, but for the node after the N-th, and then none but it has to receive any", () => {
    let dealtAnew = 0;
    fc.assert(
      fc.property(changeSequences("unequal"), (sequence) => {
        for (const change of changesOf(sequence)) {
          const { before, after, kind, node, capacities } = change;
          const isFirstBeyondN =
            kind === "join" &&
            before.nodes.length === sequence.n &&
            capacities !== undefined &&
            !areEqual(after.nodes, capacities);
          if (!isFirstBeyondN) {
            expectOnlyItsRangesMoved(change);
            continue;
          }
          dealtAnew += 1;
          const gained = rangesGained(ringFromTable(before), ringFromTable(after), sequence.n);
          expect([...gained.keys()]).toEqual([node]);
        }
      }),
    );
    expect(dealtAnew).toBeGreaterThan(0);
  });

  it("with equal ones is the change that it is without any", () => {
    fc.assert(
      fc.property(
        changeSequences("equal"),
        fc.integer({ min: 1, max: 8 }),
        (sequence, capacity) => {
          const capacities = new Array<number>(NODE_COUNT).fill(capacity);
          const owners = (one: ChangeSequence) => [...changesOf(one)].at(-1)?.after.owners;
          expect(owners({ ...sequence, capacities })).toEqual(owners(sequence));
        },
      ),
    );
  });
});

describe("what everybody keeps after 60 changes, N=3, Q=1024, twelve nodes", () => {
  test.each<readonly [string, readonly number[], number]>([
    ["D-2.3-8 with capacities 1:2:4 is its part of all copies within a tenth", [1, 2, 4], 0.1],
    ["D-4.9-3 with equal ones is as even as in a first table: within 12 %", [1], 0.12],
  ])("%s", (_, given, bound) => {
    const all = Array.from({ length: 24 }, (_, at) => numbered(at));
    const capacityOf = new Map(all.map((node, at) => [node, given[at % given.length] ?? 1]));
    const capacities = { n: 3, capacityOf };
    const nodes = all.slice(0, 12);
    const first = createRing({ clusterId: "shop", nodes, partitionCount: 1_024, capacities });
    let table = tableOf(first, "shop");
    for (let at = 0; at < 30; at += 1) {
      table = tableWith(table, { node: numbered((12 + at) % 24) }, capacities);
      table = tableWithout(table, numbered(at % 24), capacities);
    }
    expect(table.epoch).toBe(61);
    const ring = ringFromTable(table);
    const kept = new Map<NodeId, number>();
    for (let partition = 0; partition < 1_024; partition += 1) {
      for (const node of ring.preferenceListOf(partition).slice(0, 3)) {
        kept.set(node, (kept.get(node) ?? 0) + 1);
      }
    }
    const whole = table.nodes.reduce((sum, node) => sum + (capacityOf.get(node) ?? 0), 0);
    const off = table.nodes.map((node) => {
      const part = (3 * 1_024 * (capacityOf.get(node) ?? 0)) / whole;
      return (kept.get(node) ?? 0) / part - 1;
    });
    expect(Math.max(...off.map(Math.abs))).toBeLessThan(bound);
  });
});

describe("which ranges move", () => {
  it("D-6.2-5 all nodes find the same, however they came by the table", () => {
    const table = plain(5, 1_024);
    const copy = { ...table, nodes: [...table.nodes].reverse(), owners: [...table.owners] };
    const joined = tableWith(table, { node: X });
    expect(tableWith(copy, { node: X })).toEqual(joined);
    const left = tableWithout(joined, numbered(2));
    expect(tableWithout({ ...joined }, numbered(2))).toEqual(left);
    expect([joined, left].map((one) => ringFromTable(one).stamp)).toEqual(GOLDEN_STAMPS);
    expect(table).toEqual(plain(5, 1_024));
  });

  it("is random: others for another cluster, epoch or node", () => {
    const table = plain(5, 1_024);
    const rangesOf = ({ owners }: PartitionTable, node: NodeId) =>
      owners.flatMap((owner, partition) => (owner === node ? [partition] : [])).join();
    const other = nodeId("Y");
    const taken = [
      rangesOf(tableWith(table, { node: X }), X),
      rangesOf(tableWith(table, { node: other }), other),
      rangesOf(tableWith({ ...table, clusterId: "other" }, { node: X }), X),
      rangesOf(tableWith({ ...table, epoch: 2 }, { node: X }), X),
    ];
    expect(new Set(taken).size).toBe(taken.length);
    // Drawn from the whole circle: 170 ranges of 1,024, and in no quarter of it twice or half as many as in another.
    const quarters = [0, 0, 0, 0];
    for (const partition of (taken[0] ?? "").split(",")) {
      const quarter = Math.floor(Number(partition) / 256);
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    expect(quarters.reduce((sum, count) => sum + count)).toBe(170);
    expect(Math.max(...quarters)).toBeLessThan(2 * Math.min(...quarters));
  });

  it("D-4.9-3 who comes back is given ranges by everybody, not those it had", () => {
    const table = plain(6, 1_024);
    const again = tableWith(tableWithout(table, numbered(3)), { node: numbered(3) });
    const had = table.owners.filter(
      (owner, at) => owner === numbered(3) && again.owners[at] === owner,
    );
    // One in six by chance, of 170.
    expect(had.length).toBeGreaterThan(10);
    expect(had.length).toBeLessThan(60);
  });
});

describe("what a cluster cannot have", () => {
  const table = plain(3, 4);
  const four = tableWith(table, { node: X });
  const places = new Map(
    [0, 1, 2].map((at) => [numbered(at), at === 2 ? "west" : "east"] as const),
  );
  const placed = (counts?: Record<string, number>): PartitionTable => {
    const replicas = counts && new Map(Object.entries(counts));
    return { ...table, placement: { n: 2, datacenterOf: places, replicas } };
  };

  it.each<readonly [string, () => PartitionTable]>([
    [
      "Cannot add node node-1: it is a member already",
      () => tableWith(table, { node: numbered(1) }),
    ],
    [
      "Cannot add node Y: 4 ranges are too few for 5 nodes",
      () => tableWith(four, { node: nodeId("Y") }),
    ],
    ["Cannot remove node Y: it is no member", () => tableWithout(table, nodeId("Y"))],
    ["Cannot remove node node-0: it is the last one", () => tableWithout(plain(1, 4), numbered(0))],
    [
      "Cannot add node X: it has datacenter east, and others have none",
      () => tableWith(table, { node: X, datacenter: "east" }),
    ],
    [
      "Cannot add node X: node X has no datacenter, and others have one",
      () => tableWith(placed(), { node: X }),
    ],
    [
      "Cannot add node X: datacenter north is missing, 0 is allowed for stand-ins alone",
      () => tableWith(placed({ east: 1, west: 1 }), { node: X, datacenter: "north" }),
    ],
    [
      "Cannot remove node node-0: 2 replicas in datacenter east: allowed are 0 to 1, as many as it has nodes",
      () => tableWithout(placed({ east: 2, west: 0 }), numbered(0)),
    ],
    [
      "Cannot remove node node-2: no node is in datacenter west, there are east",
      () => tableWithout(placed({ east: 1, west: 1 }), numbered(2)),
    ],
  ])("%s", (message, change) => {
    expect(change).toThrow(new RangeError(message));
  });

  it("lets the last node of a datacenter without copies go, and a new datacenter come where copies are even", () => {
    const left = tableWithout(placed({ east: 2, west: 0 }), numbered(2));
    expect(left.placement?.replicas).toEqual(new Map([["east", 2]]));
    const joined = tableWith(placed(), { node: X, datacenter: "north" });
    expect(joined.placement?.datacenterOf.get(X)).toBe("north");
    expect(ringFromTable(joined).nodes).toHaveLength(4);
    expect(places.has(X)).toBe(false);
  });
});

/** Nodes of other releases would find another table: these must not change. */
const GOLDEN_STAMPS = [
  { epoch: 2, digest: "6535062aa243b2e0" },
  { epoch: 3, digest: "d47212bac0bf9beb" },
];
