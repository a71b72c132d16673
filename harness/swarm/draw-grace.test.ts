import { expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import { longestHoldMs, withGrace } from "./draw-grace.ts";
import { plainPlan } from "./testing/plain-plan.ts";

const pause = (startMs: number, endMs: number): SimFault => ({
  kind: "pause",
  node: "n1",
  startMs,
  endMs,
});

test("faults that overlap hold back what is on its way for as long as all of them together", () => {
  expect(longestHoldMs([])).toBe(0);
  expect(longestHoldMs([pause(100, 300), pause(1_000, 1_100)])).toBe(200);
  expect(longestHoldMs([pause(500, 900), pause(100, 600), pause(300, 400)])).toBe(800);
});

test("the grace outlasts faults and deadlines wherever one is drawn, and is drawn in most seeds", () => {
  const { world } = plainPlan({});
  const faults = [pause(0, 5_000)];
  const graces = Array.from({ length: 200 }, (_, seed) => {
    const drawn = withGrace(new SeededRandom(seed), world, faults);
    return drawn.settings.tombstoneGraceMs ?? 0;
  });
  const collecting = graces.filter((graceMs) => graceMs > 0);
  expect(collecting.length).toBeGreaterThan(80);
  expect(collecting.length).toBeLessThan(160);
  expect(Math.min(...collecting)).toBeGreaterThan(5_000 + 3 * 1_500);
});
