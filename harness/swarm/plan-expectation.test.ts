import { describe, expect, test } from "vitest";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import { drawPlan } from "./draw-plan.ts";
import { destroysData, withFaults } from "./plan-expectation.ts";
import type { SimPlan } from "./sim-plan.ts";

const SPAN = { startMs: 1, endMs: 2 };
const crash = (node: string, power = false): SimFault => ({ kind: "crash", ...SPAN, node, power });

describe("destroysData()", () => {
  const wipe: SimFault = { kind: "wipe", ...SPAN, node: "n1" };
  const pause: SimFault = { kind: "pause", ...SPAN, node: "n1" };
  const failedDisk: SimFault = { kind: "failed-disk", ...SPAN, node: "n1" };
  test.each([
    ["a crash of a synced disk", crash("n1"), "lmdb", true, false],
    ["a crash that leaves the power on", crash("n1"), "lmdb", false, false],
    ["a power failure of a synced disk", crash("n1", true), "lmdb", true, false],
    ["a power failure of an unsynced disk", crash("n1", true), "lmdb", false, true],
    ["any crash of memory", crash("n1"), "memory", true, true],
    ["a synced disk that fails for good", failedDisk, "lmdb", true, false],
    [
      "a disk that fails for good, and a restart that ends memory",
      failedDisk,
      "memory",
      true,
      true,
    ],
    ["a wipe", wipe, "lmdb", true, true],
    ["a pause", pause, "memory", false, false],
  ] as const)("knows of %s", (_what, fault, engine, sync, destroyed) => {
    expect(destroysData(fault, { engine, sync })).toBe(destroyed);
  });
});

test("destroysData() counts every crash of a node that buffers its writes", () => {
  const durability = { engine: "lmdb", sync: true, writeBufferObjects: 2 } as const;
  expect(destroysData(crash("n1"), durability)).toBe(true);
  expect(destroysData({ kind: "failed-disk", ...SPAN, node: "n1" }, durability)).toBe(true);
  expect(destroysData({ kind: "pause", ...SPAN, node: "n1" }, durability)).toBe(false);
});

describe("withFaults()", () => {
  const drawn = drawPlan(1);
  const run = { ...drawn.run, nodes: 3, n: 3, r: 1, w: 2, engine: "memory" } as const;
  const plan: SimPlan = { ...drawn, run: { ...run, versioning: "dvvset", reconcile: "union" } };

  test("computes what may be lost from the distinct nodes that are destroyed", () => {
    const twice = withFaults(plan, [crash("n1"), crash("n1")]);
    expect(twice.run).toMatchObject({ beyondBudget: false, expects: { verdict: "valid" } });
    const two = withFaults(plan, [crash("n1"), crash("n2")]);
    expect(two.run).toMatchObject({ beyondBudget: true, expects: { verdict: "may-lose" } });
    expect(withFaults(two, [crash("n1")]).run).toEqual(twice.run);
  });
});
