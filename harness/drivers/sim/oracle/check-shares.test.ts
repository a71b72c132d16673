import { describe, expect, test } from "vitest";
import { nodeId } from "../../../../src/base/ids.ts";
import { SeededRandom } from "../../../../src/base/seeded-random.ts";
import { createRing } from "../../../../src/ring/partition-table.ts";
import type { Ring } from "../../../../src/ring/ring.ts";
import { checkShares } from "./check-shares.ts";

interface Cluster {
  readonly capacities: readonly number[];
  readonly n: number;
  readonly partitionCount: number;
}

function capacitiesOf({ capacities }: Cluster) {
  return new Map(capacities.map((capacity, at) => [nodeId(`n${at + 1}`), capacity]));
}

function ringOf(cluster: Cluster, { isWeighed = true } = {}): Ring {
  const { n, partitionCount } = cluster;
  const capacityOf = capacitiesOf(cluster);
  const nodes = [...capacityOf.keys()];
  const weighed = isWeighed ? { capacities: { n, capacityOf } } : {};
  return createRing({ clusterId: "test", nodes, partitionCount, ...weighed });
}

function violationsOf(ring: Ring, cluster: Cluster) {
  return checkShares(ring, { n: cluster.n, capacityOf: capacitiesOf(cluster), timeMs: 4 });
}

const SIX: Cluster = { capacities: [1, 1, 2, 2, 4, 4], n: 3, partitionCount: 256 };

describe("checkShares() (D-2.3-8)", () => {
  test("agrees with the rings of clusters as a swarm draws them", () => {
    const random = new SeededRandom(1);
    for (let drawn = 0; drawn < 300; drawn += 1) {
      const count = 1 + random.integer(9);
      const cluster = {
        capacities: Array.from({ length: count }, () => 1 + random.integer(8)),
        n: 1 + random.integer(Math.min(5, count)),
        partitionCount: random.pick([16, 31, 64, 255, 1_021]),
      };
      expect(violationsOf(ringOf(cluster), cluster), JSON.stringify(cluster)).toEqual([]);
    }
  });

  test("agrees where a node can do more than all others together, and where everybody keeps everything", () => {
    for (const cluster of [
      { ...SIX, capacities: [1, 1, 1, 1, 1, 100] },
      { ...SIX, capacities: [1, 5, 100] },
    ]) {
      expect(violationsOf(ringOf(cluster), cluster)).toEqual([]);
    }
  });

  test("finds a ring that does not weigh its nodes, once for each that has too much or too little", () => {
    const violations = violationsOf(ringOf(SIX, { isWeighed: false }), SIX);
    expect(violations.length).toBeGreaterThanOrEqual(4);
    for (const violation of violations) {
      expect(violation).toMatchObject({
        check: "shares-wrong",
        anomaly: "a node's part is not by its capacity",
        timeMs: 4,
        detail: expect.stringMatching(/^Node n\d keeps \d+ copies of 256 ranges, N=3, and should/),
      });
    }
  });

  test("finds that a walk meets a large node twice and passes over it", () => {
    const ring = ringOf(SIX);
    const large = ring.nodes[5] ?? nodeId("n6");
    const twice: Ring = {
      ...{ stamp: ring.stamp, nodes: ring.nodes, owners: ring.owners, placement: undefined },
      partitionCount: ring.partitionCount,
      partitionOf: (key) => ring.partitionOf(key),
      preferenceList: (key) => ring.preferenceList(key),
      // In every third list it has lost its place to the next one.
      preferenceListOf: (partition) => {
        const list = ring.preferenceListOf(partition);
        return partition % 3 > 0 ? list : list.filter((node) => node !== large);
      },
    };
    expect(violationsOf(twice, SIX)).toContainEqual(
      expect.objectContaining({ detail: expect.stringContaining("Node n6 keeps") }),
    );
  });
});
