import { expect, test } from "vitest";
import { simConfiguration } from "../drivers/sim/sim-configuration.ts";
import type { SimFault, WorldPlan } from "../drivers/sim/world-plan.ts";
import { deliveryBounds } from "./delivery-bounds.ts";
import { plainPlan } from "./testing/plain-plan.ts";

const NODES = ["n1", "n2", "n3"];
const SLOW_DISK = { kind: "slow-disk", startMs: 0, endMs: 9, node: "n1", readMs: 7, writeMs: 50 };

function boundsOf(world: Partial<WorldPlan> = {}, faults: readonly object[] = []) {
  const plan = plainPlan({ world, faults: faults as readonly SimFault[] });
  const configuration = simConfiguration({ plan: plan.run, world: plan.world }, NODES, "n1");
  return deliveryBounds(plan, configuration, () => undefined);
}

test("a hint costs what its bytes do of the node's share, a small one as much as 4 KiB", () => {
  const bounds = boundsOf({ settings: { hintDeliveryBytesPerSecond: 8_192 } });
  expect(bounds?.paceMs(1)).toBe(1_000);
  expect(bounds?.paceMs(8_192)).toBe(2_000);
});

test("nothing is known where healthy nodes may refuse a hint, or seem to be silent", () => {
  expect(boundsOf({ settings: { hedgeMs: 1_000 } })).toBeDefined();
  expect(boundsOf({ settings: { hedgeMs: 10 } })).toBeUndefined();
  expect(boundsOf({ settings: { hedgeMs: 1_000, requestTimeoutMs: 10 } })).toBeUndefined();
  expect(boundsOf({ settings: { hedgeMs: 1_000, peerWritesMax: 1 } })).toBeUndefined();
  for (const kind of ["full-disk", "corrupt"]) {
    expect(boundsOf({}, [{ kind, startMs: 0, endMs: 9, node: "n1" }])).toBeUndefined();
  }
});

test("failures go on for longer after disks and links that were slow", () => {
  const settleMs = boundsOf()?.settleMs ?? 0;
  expect(boundsOf({}, [SLOW_DISK])?.settleMs).toBe(settleMs + 10 * 7 + 4 * 50);
  const clog = { kind: "clog", startMs: 0, endMs: 9, links: [] };
  expect(boundsOf({}, [clog])?.settleMs).toBeGreaterThan(settleMs + 1_500);
});
