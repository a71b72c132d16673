/*
 * Aim: a node says that it has received its ranges neither too early nor never (D-4.9-1, D-4.9-4). Method: rings of hand-made tables,
 * and every set of owners that may have acknowledged a write.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { ringFromTable } from "../ring/partition-table.ts";
import { ringUnderChange } from "../ring/ring-under-change.ts";
import { rangesAwaited } from "./reception.ts";

const [A, B, C, D, X] = ["A", "B", "C", "D", "X"].map(nodeId) as [
  NodeId,
  NodeId,
  NodeId,
  NodeId,
  NodeId,
];
const N = 3;

/** Ranges 0 to 7 go round A to D; X takes range 2 over, and with it a copy of ranges 0 and 1. */
const OWNERS = [A, B, C, D, A, B, C, D];
const TABLE = { clusterId: "reception", epoch: 1, nodes: [A, B, C, D], owners: OWNERS };
const NEXT = ringFromTable({
  ...TABLE,
  epoch: 2,
  nodes: [A, B, C, D, X],
  owners: OWNERS.map((owner, range) => (range === 2 ? X : owner)),
});
const RING = ringUnderChange(ringFromTable(TABLE), NEXT, { epoch: 1, digest: "00000000000000ff" });

function awaited(node: NodeId, of: readonly NodeId[], w = 2): readonly number[] {
  return rangesAwaited(RING, { nodeId: node, n: N, w }, (owner) => of.includes(owner));
}

describe("rangesAwaited()", () => {
  test("are those that a node gains, and none of what it keeps or what others gain", () => {
    expect(awaited(X, [])).toEqual([0, 1, 2]);
    expect(awaited(B, [])).toEqual([]);
    expect(rangesAwaited(ringFromTable(TABLE), { nodeId: X, n: N, w: 2 }, () => false)).toEqual([]);
  });

  test("D-4.9-4 fewer owners than have one among any W are not enough", () => {
    // Of ranges 0, 1 and 2 the owners are A B C, B C D and C D A.
    expect(awaited(X, [C])).toEqual([0, 1, 2]);
    expect(awaited(X, [C, D])).toEqual([0]);
    expect(awaited(X, [B, C, D])).toEqual([]);
    expect(awaited(X, [C], 3)).toEqual([]);
    expect(awaited(X, [B, C, D], 1)).toEqual([0, 2]);
  });

  test("D-4.9-4 whatever W owners acknowledged a write, one of them is among those that a range came from", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([A, B, C, D]),
        fc.shuffledSubarray([A, B, C], { minLength: 1 }),
        (of, acknowledged) => {
          const isReceived = !awaited(X, of, acknowledged.length).includes(0);
          expect(isReceived && !acknowledged.some((owner) => of.includes(owner))).toBe(false);
        },
      ),
    );
  });
});
