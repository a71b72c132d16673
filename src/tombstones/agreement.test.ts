import { expect, test } from "vitest";
import { nodeId } from "../base/ids.ts";
import type { Holding } from "../protocol/messages.ts";
import { AgreedTombstones } from "./agreed-tombstones.ts";
import { judge } from "./agreement.ts";

const NODES = ["a", "b", "c", "d", "e"].map(nodeId);

function judged(...answers: readonly (Holding | undefined)[]) {
  return judge(NODES, 3, new Map(NODES.map((node, position) => [node, answers[position]])));
}

test("agrees where all primaries hold the same and nobody else holds anything", () => {
  expect(judged("same", "same", "same", "none", "none")).toEqual({ agreed: true, behind: [] });
});

test("does not agree with a primary that holds nothing or something else, and names it", () => {
  expect(judged("same", "none", "other", "none", "none")).toEqual({
    agreed: false,
    behind: ["b", "c"],
  });
});

test("K-12 does not agree while a fallback holds anything, a copy of the same too", () => {
  for (const holding of ["same", "other"] as const) {
    expect(judged("same", "same", "same", "none", holding).agreed).toBe(false);
  }
});

test("K-12 does not take silence for anything, of a primary or of another", () => {
  expect(judged("same", undefined, "same", "none", "none")).toEqual({ agreed: false, behind: [] });
  expect(judged("same", "same", "same", undefined, "none").agreed).toBe(false);
});

test("AgreedTombstones are ripe a grace after the first agreement, and only for the very record", () => {
  const agreed = new AgreedTombstones(100);
  const tombstone = { key: Buffer.from("k"), record: Buffer.from("r"), digest: Buffer.from("1") };
  expect(agreed.isRipe(tombstone, 0)).toBeUndefined();
  agreed.agreed(tombstone, 50);
  expect(agreed.isRipe(tombstone, 149)).toBe(false);
  expect(agreed.isRipe(tombstone, 150)).toBe(true);
  expect(agreed.isRipe({ ...tombstone, digest: Buffer.from("2") }, 150)).toBeUndefined();
  agreed.expire(50);
  expect(agreed.count).toBe(1);
  agreed.expire(51);
  expect(agreed.count).toBe(0);
});
