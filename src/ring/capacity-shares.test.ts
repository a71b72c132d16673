/*
 * Aim: what a node has to do is in proportion to what it can (D-2.3-8). Method: the copies of all ranges that each node keeps, among the
 * first N of the preference lists, against its part of all capacities.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { createRing } from "./partition-table.ts";
import type { Ring } from "./ring.ts";

function nodesOf(capacities: readonly number[]): ReadonlyMap<NodeId, number> {
  return new Map(capacities.map((capacity, at) => [nodeId(`n${at + 1}`), capacity]));
}

function ringOf(capacities: readonly number[], n: number, partitionCount: number): Ring {
  const capacityOf = nodesOf(capacities);
  const nodes = [...capacityOf.keys()];
  const clusterId = "shop";
  return createRing({ clusterId, nodes, partitionCount, capacities: { n, capacityOf } });
}

/** Copies of ranges that each node keeps, in the order of the nodes. */
function kept(ring: Ring, n: number): readonly number[] {
  const copies = new Map<NodeId, number>(ring.nodes.map((node) => [node, 0]));
  for (let partition = 0; partition < ring.partitionCount; partition += 1) {
    for (const node of ring.preferenceListOf(partition).slice(0, n)) {
      copies.set(node, (copies.get(node) ?? 0) + 1);
    }
  }
  return [...copies.values()];
}

/** By how much each node's part of the copies is off its part of the capacities: 0.1 is a tenth too much. */
function offBy(capacities: readonly number[], n: number, partitionCount: number): number[] {
  const copies = kept(ringOf(capacities, n, partitionCount), n);
  const whole = capacities.reduce((sum, capacity) => sum + capacity, 0);
  return copies.map(
    (count, at) => (count * whole) / (n * partitionCount * (capacities[at] ?? 1)) - 1,
  );
}

const worst = (parts: readonly number[]) => Math.max(...parts.map(Math.abs));

describe("a ring by capacity", () => {
  test.each([256, 1_024, 4_096])(
    "D-2.3-8 D-4.2-6 capacities 1:2:4 on six nodes, N=3, Q=%i: each keeps its part of all copies within a tenth",
    (partitionCount) => {
      expect(worst(offBy([1, 1, 2, 2, 4, 4], 3, partitionCount))).toBeLessThan(0.1);
    },
  );

  test("keeps it for other clusters whose largest node has no more than 1/N of all", () => {
    expect(worst(offBy([1, 2, 4], 1, 256))).toBeLessThan(0.02);
    expect(worst(offBy([3, 3, 1, 1, 2, 2, 4, 4], 3, 512))).toBeLessThan(0.05);
    expect(worst(offBy([10, 20, 40, 10, 20, 40, 10, 20, 40], 5, 1_021))).toBeLessThan(0.05);
  });

  test("gives a node no more than one copy of each range, the others the rest by their capacities", () => {
    const copies = kept(ringOf([1, 1, 1, 2, 50], 2, 500), 2);
    // Every second range, and one pair may stand where the circle closes.
    expect(copies[4]).toBeGreaterThan(497);
    const [one, , , two] = copies;
    expect(one).toBeGreaterThan(95);
    expect(one).toBeLessThan(105);
    expect(two).toBeGreaterThan(190);
    expect(two).toBeLessThan(210);
  });

  test("with N nodes everybody keeps everything, whatever the capacities", () => {
    expect(kept(ringOf([1, 2, 4], 3, 256), 3)).toEqual([256, 256, 256]);
  });

  test("every node owns a range, all ranges are given out, and all nodes compute the same", () => {
    const any = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 5 }), fc.nat({ max: 200 }), (given, n, extra) => {
        const partitionCount = given.length + extra;
        const ring = ringOf(given, n, partitionCount);
        expect(ring.owners).toHaveLength(partitionCount);
        expect(new Set(ring.owners).size).toBe(given.length);
        const again = ringOf(given, n, partitionCount);
        expect(again.stamp).toEqual(ring.stamp);
      }),
    );
  });

  test("D-2.3-8 equal capacities give the very table of a ring without any, digest included", () => {
    const clusters = fc.record({
      count: fc.integer({ min: 1, max: 9 }),
      capacity: fc.integer({ min: 1, max: 1_000 }),
      n: fc.integer({ min: 1, max: 5 }),
      extra: fc.nat({ max: 300 }),
    });
    fc.assert(
      fc.property(clusters, ({ count, capacity, n, extra }) => {
        const given = Array<number>(count).fill(capacity);
        const ring = ringOf(given, n, count + extra);
        const nodes = [...nodesOf(given).keys()];
        const plain = createRing({ clusterId: "shop", nodes, partitionCount: count + extra });
        expect(ring.stamp).toEqual(plain.stamp);
        expect(ring.owners).toEqual(plain.owners);
      }),
    );
  });

  test("another capacity is another table, which a node that was told otherwise does not take for its own", () => {
    const digests = [
      [1, 2, 4, 4],
      [1, 2, 4, 5],
      [1, 1, 1, 1],
    ].map((given) => ringOf(given, 2, 256).stamp.digest);
    expect(new Set(digests).size).toBe(3);
  });
});
