import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../../../src/base/bytes.ts";
import { nodeId } from "../../../../src/base/ids.ts";
import { createRing } from "../../../../src/ring/partition-table.ts";
import type { Ring } from "../../../../src/ring/ring.ts";
import { checkRing } from "./check-ring.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"].map(nodeId);
const OPTIONS = {
  nodes: NODES,
  n: 3,
  timeMs: 4,
  sampleKeys: Array.from({ length: 300 }, (_, index) => utf8Bytes(`cart-${index}`)),
};

describe("checkRing()", () => {
  test.each([5, 64, 100, 1_000])("agrees with a ring of %i ranges", (partitionCount) => {
    expect(checkRing(ringOf(partitionCount), OPTIONS)).toEqual([]);
  });

  test.each<readonly [string, (ring: Ring) => Partial<Ring>]>([
    [
      "the first N nodes of a preference list are not N nodes",
      (ring) => ({
        preferenceList: (key) => {
          const [first, ...others] = ring.preferenceList(key);
          return first === undefined ? [] : [first, first, ...others.slice(1)];
        },
      }),
    ],
    [
      "a preference list does not name every node once",
      (ring) => ({ preferenceList: (key) => ring.preferenceList(key).slice(0, 4) }),
    ],
    [
      "a key is in another range than its position says",
      (ring) => ({ partitionOf: (key) => (ring.partitionOf(key) + 1) % ring.partitionCount }),
    ],
    [
      "a preference list is not in the order of the ring",
      (ring) => ({ preferenceList: (key) => [...ring.preferenceList(key)].reverse() }),
    ],
  ])("finds that %s", (anomaly, plant) => {
    const ring = ringOf(64);
    const violations = checkRing({ ...plainOf(ring), ...plant(ring) }, OPTIONS);
    expect(new Set(violations.map((violation) => violation.anomaly))).toEqual(new Set([anomaly]));
    expect(violations[0]).toMatchObject({ check: "preference-list-wrong", timeMs: 4 });
  });
});

function ringOf(partitionCount: number): Ring {
  return createRing({ clusterId: "test", nodes: NODES, partitionCount });
}

function plainOf(ring: Ring): Ring {
  return {
    stamp: ring.stamp,
    nodes: ring.nodes,
    partitionCount: ring.partitionCount,
    owners: ring.owners,
    partitionOf: (key) => ring.partitionOf(key),
    preferenceList: (key) => ring.preferenceList(key),
    preferenceListOf: (partition) => ring.preferenceListOf(partition),
  };
}
