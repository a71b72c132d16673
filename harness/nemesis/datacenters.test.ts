import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import {
  canKeep,
  datacenterGrudge,
  datacenterSizes,
  nodesByDatacenter,
  replicasPerDatacenter,
} from "./datacenters.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];

describe("datacenters of a plan", () => {
  test("nodes are dealt out to them in turn", () => {
    expect([...nodesByDatacenter(NODES, { count: 3 })]).toEqual([
      ["dc1", ["n1", "n4"]],
      ["dc2", ["n2", "n5"]],
      ["dc3", ["n3"]],
    ]);
  });

  test("sizes are those of dealing out, and copies fit where no datacenter has too many", () => {
    expect(datacenterSizes(5, { count: 3 })).toEqual([2, 2, 1]);
    const fits = (...replicas: readonly number[]) =>
      canKeep(replicas, { nodes: 5, n: 3 }, { count: 3 });
    expect([fits(2, 1, 0), fits(1, 1, 1), fits(0, 2, 1)]).toEqual([true, true, true]);
    const wrong = [fits(3, 0, 0), fits(1, 0, 2), fits(2, 1), fits(2, 2, -1), fits(1, 1, 0)];
    expect(wrong).not.toContain(true);
  });

  test("copies are named as a node's configuration names them, or left to the nodes", () => {
    const replicas = replicasPerDatacenter({ count: 3, replicas: [2, 1, 0] });
    expect(replicas).toEqual({ dc1: 2, dc2: 1, dc3: 0 });
    expect(replicasPerDatacenter({ count: 3 })).toBeUndefined();
  });

  test("a cut parts one from all others, in both directions, and leaves both sides whole", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 20; seed += 1) {
      const cut = datacenterGrudge({ count: 3 }, NODES, new SeededRandom(seed));
      const inside = nodesByDatacenter(NODES, { count: 3 }).get(cut.datacenter) ?? [];
      seen.add(cut.datacenter);
      expect(cut.sides).toEqual([inside, NODES.filter((node) => !inside.includes(node))]);
      expect(cut.links).toHaveLength(2 * inside.length * (NODES.length - inside.length));
      for (const { from, to } of cut.links) {
        expect(inside.includes(from)).toBe(!inside.includes(to));
      }
    }
    expect([...seen].sort()).toEqual(["dc1", "dc2", "dc3"]);
  });

  test.each([undefined, { count: 1 }])("there is nothing to cut off in %j", (plan) => {
    expect(() => datacenterGrudge(plan, NODES, new SeededRandom(1))).toThrow(RangeError);
  });
});
