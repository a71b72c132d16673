import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assert } from "../base/assert.ts";
import { utf8Bytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { positionOf, positionTop32 } from "../base/position.ts";
import { createRing, PARTITION_COUNT_MAX, partitionAt, ringFromTable } from "./partition-table.ts";
import type { Ring } from "./ring.ts";

function ids(count: number): NodeId[] {
  return Array.from({ length: count }, (_, index) => nodeId(`node-${index + 1}`));
}

const sizes = fc
  .record({ nodeCount: fc.integer({ min: 1, max: 12 }), extra: fc.nat({ max: 300 }) })
  .map(({ nodeCount, extra }) => ({ nodeCount, partitionCount: nodeCount + extra }));

/** A key of each range. */
function keysByPartition(partitionCount: number): readonly Uint8Array[] {
  const keys = new Map<number, Uint8Array>();
  for (let attempt = 0; attempt < 1_000_000 && keys.size < partitionCount; attempt += 1) {
    const key = utf8Bytes(`key ${attempt}`);
    keys.set(partitionAt(positionTop32(key), partitionCount), key);
  }
  return Array.from({ length: partitionCount }, (_, partition) => {
    const key = keys.get(partition);
    assert(key !== undefined, `Cannot find a key in range ${partition}`);
    return key;
  });
}

function keyIn(ring: Ring, partition: number): Uint8Array {
  return keysByPartition(ring.partitionCount)[partition] as Uint8Array;
}

function ownedCounts(ring: Ring): number[] {
  return ring.nodes.map((node) => ring.owners.filter((owner) => owner === node).length);
}

describe("createRing()", () => {
  it("D-4.3-3, D-4.3-4 gives every node its share, rounded down or up, and lists every node once from the range's owner on", () => {
    fc.assert(
      fc.property(
        sizes,
        fc.string(),
        fc.uint8Array(),
        ({ nodeCount, partitionCount }, clusterId, key) => {
          const ring = createRing({ clusterId, nodes: ids(nodeCount), partitionCount });
          const counts = ownedCounts(ring);
          expect(ring.owners).toHaveLength(partitionCount);
          expect(Math.min(...counts)).toBe(Math.floor(partitionCount / nodeCount));
          expect(Math.max(...counts)).toBe(Math.ceil(partitionCount / nodeCount));
          const list = ring.preferenceList(key);
          expect(list[0]).toBe(ring.owners[ring.partitionOf(key)]);
          expect([...list].sort()).toEqual(ring.nodes);
          expect(ring.preferenceList(key)).toBe(list);
        },
      ),
    );
  });

  it("D-4.3-2 is the same on all nodes, whatever the order they are named in", () => {
    const options = { clusterId: "shop", partitionCount: 1_024 };
    const ring = createRing({ ...options, nodes: ids(5) });
    const other = createRing({ ...options, nodes: ids(5).reverse() });
    expect(other.owners).toEqual(ring.owners);
    expect(other.stamp).toEqual(ring.stamp);
    expect(ring.stamp).toEqual({ epoch: 1, digest: GOLDEN_DIGEST });
  });

  it("differs, digest included, by cluster, members and number of ranges", () => {
    const options = { clusterId: "shop", nodes: ids(5), partitionCount: 64 };
    const rings = [
      createRing(options),
      createRing({ ...options, clusterId: "other" }),
      createRing({ ...options, nodes: ids(6) }),
      createRing({ ...options, nodes: [...ids(4), nodeId("node-6")] }),
      createRing({ ...options, partitionCount: 65 }),
    ];
    expect(new Set(rings.map((ring) => ring.stamp.digest)).size).toBe(rings.length);
    expect(new Set(rings.map((ring) => ring.owners.join())).size).toBe(rings.length);
  });

  it("spreads the N=3 replicas so that no node keeps 12 % more than the mean", () => {
    const keys = keysByPartition(1_024);
    for (const clusterId of ["a", "b", "c", "d", "e"]) {
      const ring = createRing({ clusterId, nodes: ids(5), partitionCount: 1_024 });
      const kept = new Map<NodeId, number>();
      for (const key of keys) {
        for (const node of ring.preferenceList(key).slice(0, 3)) {
          kept.set(node, (kept.get(node) ?? 0) + 1);
        }
      }
      const mean = (3 * 1_024) / 5;
      expect(Math.max(...kept.values()) / mean).toBeLessThan(1.12);
      expect(kept.size).toBe(5);
    }
  });

  it("takes up to 65,536 ranges and refuses what cannot be a ring", () => {
    const make = (nodes: NodeId[], partitionCount: number) => () =>
      createRing({ clusterId: "shop", nodes, partitionCount });
    expect(make(ids(3), PARTITION_COUNT_MAX)().owners).toHaveLength(65_536);
    expect(make(ids(3), 3)().owners).toHaveLength(3);
    expect(make(ids(3), PARTITION_COUNT_MAX + 1)).toThrow(RangeError);
    expect(make(ids(3), 2)).toThrow(/from the number of nodes \(3\) to 65536/);
    expect(make(ids(3), 4.5)).toThrow(RangeError);
    expect(make([], 8)).toThrow(/no nodes/);
    expect(make([...ids(2), nodeId("node-1")], 8)).toThrow(/node-1 is named twice/);
  });
});

describe("partitionAt()", () => {
  it("scales the position exactly, as wide arithmetic does", () => {
    const anyCount = fc.integer({ min: 1, max: PARTITION_COUNT_MAX });
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), anyCount, (top32, count) => {
        const exact = Number((BigInt(top32) * BigInt(count)) >> 32n);
        expect(partitionAt(top32, count)).toBe(exact);
      }),
      { numRuns: 1_000 },
    );
  });

  it("ends each range at its token: (token of the one before, own token] (D-4.2-2)", () => {
    for (const count of [1, 2, 3, 5, 1_000, 1_024, 65_535, 65_536]) {
      expect(partitionAt(0, count)).toBe(0);
      expect(partitionAt(0xffffffff, count)).toBe(count - 1);
      for (const partition of [0, 1, count >> 1, count - 2].filter(
        (p) => p >= 0 && p < count - 1,
      )) {
        const token = Math.ceil(((partition + 1) * 2 ** 32) / count) - 1;
        expect(partitionAt(token, count)).toBe(partition);
        expect(partitionAt(token + 1, count)).toBe(partition + 1);
      }
    }
  });

  it("puts a key where its MD5 falls", () => {
    const ring = createRing({ clusterId: "shop", nodes: ids(3), partitionCount: 256 });
    for (const text of ["", "a", "cart-1"]) {
      expect(ring.partitionOf(utf8Bytes(text))).toBe(positionOf(utf8Bytes(text))[0]);
    }
  });
});

describe("partitionOf()", () => {
  it("tells keys that take turns apart, the same bytes in one array and in another alike", () => {
    const ring = createRing({
      clusterId: "c",
      nodes: ["a", "b", "c"].map(nodeId),
      partitionCount: 4_096,
    });
    const keys = ["one", "two", "three"].map(utf8Bytes);
    const expected = keys.map((key) => partitionAt(positionTop32(key), 4_096));
    expect(new Set(expected).size).toBe(keys.length);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(keys.map((key) => ring.partitionOf(key))).toEqual(expected);
      expect(keys.map((key) => ring.partitionOf(Uint8Array.from(key)))).toEqual(expected);
    }
    expect(keys.flatMap((key) => [ring.partitionOf(key), ring.partitionOf(key)])).toEqual(
      expected.flatMap((partition) => [partition, partition]),
    );
  });
});

describe("ringFromTable()", () => {
  const [A, B, C, D, E, F, G] = [..."ABCDEFG"].map(nodeId) as [NodeId, ...NodeId[]];
  const table = { clusterId: "figure 2", epoch: 1, nodes: [A, B, C, D, E, F, G] as NodeId[] };

  it("is Figure 2 of the paper: a key of (A, B] is kept by B, C and D (D-4.3-1)", () => {
    const ring = ringFromTable({ ...table, owners: table.nodes });
    expect(ring.preferenceList(keyIn(ring, 1)).slice(0, 3)).toEqual([B, C, D]);
    const keptByD = [0, 1, 2, 3, 4, 5, 6].filter((partition) =>
      ring
        .preferenceList(keyIn(ring, partition))
        .slice(0, 3)
        .includes(D as NodeId),
    );
    expect(keptByD).toEqual([1, 2, 3]);
  });

  it("D-4.2-1 goes on at the ring's beginning where it ends", () => {
    const ring = ringFromTable({ ...table, owners: table.nodes });
    expect(ring.preferenceList(keyIn(ring, 6))).toEqual([G, A, B, C, D, E, F]);
    expect(partitionAt(0, 7)).toBe(0);
    expect(partitionAt(0xffffffff, 7)).toBe(6);
  });

  it("skips owners that the walk has met", () => {
    const owners = [A, A, B, A, B, C, C, D, E, F, G] as NodeId[];
    const ring = ringFromTable({ ...table, owners });
    expect(ring.preferenceList(keyIn(ring, 0)).slice(0, 3)).toEqual([A, B, C]);
    expect(ring.preferenceList(keyIn(ring, 6)).slice(0, 3)).toEqual([C, D, E]);
  });

  it("has another digest for another epoch or owner", () => {
    const ring = ringFromTable({ ...table, owners: table.nodes });
    const later = ringFromTable({ ...table, epoch: 2, owners: table.nodes });
    const swapped = ringFromTable({ ...table, owners: [...table.nodes].reverse() });
    expect(new Set([ring, later, swapped].map((one) => one.stamp.digest)).size).toBe(3);
    expect(later.stamp.epoch).toBe(2);
  });

  it("refuses owners that are no members and members that own nothing", () => {
    const strange = { ...table, owners: [...table.nodes, nodeId("H")] };
    expect(() => ringFromTable(strange)).toThrow(/H is no member/);
    const idle = { ...table, owners: [A, A, B, C, D, E, F] as NodeId[] };
    expect(() => ringFromTable(idle)).toThrow(/G owns no range/);
  });
});

/** A node of another release that computes another table would be refused as stale: this must not change. */
const GOLDEN_DIGEST = "d0850cadefb80ee6";
