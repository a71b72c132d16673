import { describe, expect, test } from "vitest";
import type { NodeId } from "../../../../src/base/ids.ts";
import { nodeId } from "../../../../src/base/ids.ts";
import { createRing } from "../../../../src/ring/partition-table.ts";
import type { Ring } from "../../../../src/ring/ring.ts";
import { checkSpread } from "./check-spread.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5", "n6"].map(nodeId);
const PLACES = new Map(NODES.map((node, at) => [node, ["east", "west", "north"][at % 3] ?? ""]));
const COUNTED = { east: 2, west: 1, north: 0 };

function ringOf(replicas: Readonly<Record<string, number>> | undefined): Ring {
  const counts = replicas === undefined ? undefined : new Map(Object.entries(replicas));
  const placement = { n: 3, datacenterOf: PLACES, replicas: counts };
  return createRing({ clusterId: "test", nodes: NODES, partitionCount: 64, placement });
}

function anomaliesOf(ring: Ring, replicas: Readonly<Record<string, number>> | undefined) {
  const violations = checkSpread(ring, { n: 3, datacenterOf: PLACES, replicas, timeMs: 4 });
  for (const { check, timeMs } of violations) expect({ check, timeMs }).toEqual(FOUND);
  return violations.map(({ anomaly }) => anomaly);
}

const FOUND = { check: "spread-wrong", timeMs: 4 };

/** The same ring with other lists. */
function withLists(ring: Ring, change: (list: readonly NodeId[]) => readonly NodeId[]): Ring {
  const { stamp, nodes, owners, partitionCount, placement } = ring;
  return {
    ...{ stamp, nodes, owners, partitionCount, placement },
    partitionOf: (key) => ring.partitionOf(key),
    preferenceList: (key) => change(ring.preferenceList(key)),
    preferenceListOf: (partition) => change(ring.preferenceListOf(partition)),
  };
}

describe("checkSpread() (C10)", () => {
  test.each([[undefined], [COUNTED], [{ east: 1, west: 1, north: 1 }]])(
    "agrees with a ring of %j on every range",
    (replicas) => {
      expect(anomaliesOf(ringOf(replicas), replicas)).toEqual([]);
    },
  );

  test("finds ranges whose copies are where they should not be", () => {
    const plain = createRing({ clusterId: "test", nodes: NODES, partitionCount: 64 });
    for (const ring of [plain, ringOf(undefined), ringOf({ east: 1, west: 2, north: 0 })]) {
      expect(anomaliesOf(ring, COUNTED).length).toBeGreaterThan(32);
    }
    expect(anomaliesOf(plain, undefined).length).toBeGreaterThan(8);
    expect(anomaliesOf(ringOf(COUNTED), undefined)).toHaveLength(64);
  });

  test("finds nodes that come before others of their datacenter that a walk meets first", () => {
    const swapped = withLists(ringOf(undefined), (list) => [...list.slice(3), ...list.slice(0, 3)]);
    const anomalies = anomaliesOf(swapped, undefined);
    expect(new Set(anomalies)).toEqual(
      new Set(["the nodes of a datacenter are not in the order of the ring"]),
    );
    expect(anomalies).toHaveLength(64);
  });

  test("finds primaries and fallbacks out of order", () => {
    const turned = withLists(ringOf(undefined), ([one, two, ...rest]) =>
      one === undefined || two === undefined ? [] : [two, one, ...rest],
    );
    const anomalies = anomaliesOf(turned, undefined);
    expect(anomalies).toHaveLength(64);
    expect(new Set(anomalies)).toEqual(
      new Set(["primaries or fallbacks are not in the order of the ring"]),
    );
  });
});
