import { describe, expect, test } from "vitest";
import { drawPlan } from "./draw-plan.ts";

const PLANS = Array.from({ length: 500 }, (_, seed) => drawPlan(seed));
const PLACED = PLANS.flatMap(({ run, world, faults }) =>
  run.datacenters === undefined ? [] : [{ run, world, faults, ...run.datacenters }],
);

describe("drawDatacenters()", () => {
  test("gives some seeds two to four of them, with copies that a cluster can have", () => {
    expect(PLACED.length).toBeGreaterThan(PLANS.length / 5);
    expect(PLACED.length).toBeLessThan(PLANS.length / 2);
    expect(new Set(PLACED.map(({ count }) => count))).toEqual(new Set([2, 3, 4]));
    for (const { run, count, replicas } of PLACED) {
      expect(count).toBeLessThanOrEqual(run.nodes);
      if (replicas === undefined) continue;
      expect(replicas).toHaveLength(count);
      expect(replicas.reduce((sum, kept) => sum + kept, 0)).toBe(run.n);
      replicas.forEach((kept, at) => {
        expect(kept).toBeLessThanOrEqual(Math.ceil((run.nodes - at) / count));
      });
    }
    expect(new Set(PLACED.map(({ replicas }) => replicas === undefined)).size).toBe(2);
  });

  test("in some of them ways between datacenters are long, and requests have the time for them", () => {
    const far = PLACED.filter(({ world }) => (world.links["n1~n2"]?.minMs ?? 0) >= 4);
    expect(far.length).toBeGreaterThan(PLACED.length / 10);
    for (const { world } of far) {
      const { meanMs } = world.links["n1~n2"] ?? { meanMs: 0 };
      expect(world.settings.requestTimeoutMs ?? 500).toBeGreaterThanOrEqual(8 * meanMs);
    }
  });

  test("only where there are datacenters one is cut off", () => {
    const cut = PLANS.filter(({ faults }) => faults.some(({ kind }) => kind === "datacenter"));
    expect(cut.length).toBeGreaterThan(PLACED.length / 5);
    for (const { run } of cut) expect(run.datacenters?.count).toBeGreaterThanOrEqual(2);
  });
});
