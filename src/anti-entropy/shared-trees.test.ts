/*
 * Aim: who compares what with whom while a change of the ring is open (D-4.9-1). Method: rings of hand-made tables, a tree in each
 * partition that nobody else has.
 */
import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { ringFromTable } from "../ring/partition-table.ts";
import type { Ring } from "../ring/ring.ts";
import { ringUnderChange } from "../ring/ring-under-change.ts";
import { SharedTrees } from "./shared-trees.ts";

const [A, B, C, X] = ["A", "B", "C", "X"].map(nodeId) as [NodeId, NodeId, NodeId, NodeId];
const TABLE = { clusterId: "shared", epoch: 1, nodes: [A, B, C], owners: [A, B, C, A, B, C] };
const NEXT = ringFromTable({
  ...TABLE,
  epoch: 2,
  nodes: [A, B, C, X],
  owners: [A, X, C, A, B, C],
});

const STAMP = { epoch: 1, digest: "00000000000000ff" };

function peersOf(node: NodeId, ring: Ring): readonly NodeId[] {
  const trees = { isBuilt: true, partitionsBuilt: 6, treeOf: () => undefined };
  return [...new SharedTrees({ nodeId: node, trees, ring: () => ring, n: 2 }).peers()].sort();
}

describe("SharedTrees while a change of the ring is open", () => {
  test("D-4.9-1 who will own a range compares it with its owners, and they with it", () => {
    const ring = ringUnderChange(ringFromTable(TABLE), NEXT, STAMP);
    // X gains ranges 0 and 1, of A and B, and of B and C.
    expect(peersOf(X, ring)).toEqual([A, B, C]);
    expect(peersOf(A, ring)).toEqual([B, C, X]);
  });

  test("has nothing in common with who is not in either table", () => {
    expect(peersOf(X, ringFromTable(TABLE))).toEqual([]);
    expect(peersOf(A, ringFromTable(TABLE))).toEqual([B, C]);
  });
});
