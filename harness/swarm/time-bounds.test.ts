import { expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { drawDelayMs } from "../drivers/sim/draw-delay.ts";
import { simConfiguration } from "../drivers/sim/sim-configuration.ts";
import type { WorldPlan } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import { plainPlan } from "./testing/plain-plan.ts";
import { timeBounds } from "./time-bounds.ts";

const NODES = ["n1", "n2", "n3"];

function boundsOf(
  world: Partial<WorldPlan>,
  faults: Parameters<typeof timeBounds>[0]["faults"] = [],
  run: Partial<Plan> = {},
) {
  const plan = plainPlan({ world, faults, run });
  const configuration = simConfiguration({ plan: plan.run, world: plan.world }, NODES, "n1");
  return timeBounds(plan, configuration);
}

test("an exchange over the slowest link takes no longer than a read's answer may", () => {
  const network = { minMs: 1, meanMs: 2 };
  const slow = { minMs: 3, meanMs: 9 };
  const { readAnswerMs } = boundsOf({ network, links: { "n1~n2": slow } });
  const random = new SeededRandom(1);
  let longestMs = 0;
  for (let times = 0; times < 20_000; times += 1) {
    let sumMs = 0;
    for (let way = 0; way < 6; way += 1) sumMs += drawDelayMs(random, slow);
    longestMs = Math.max(longestMs, sumMs);
  }
  expect(longestMs).toBeGreaterThan(0.3 * readAnswerMs);
  expect(longestMs).toBeLessThan(readAnswerMs);
});

test("writes are given what the disk takes beside it, and what faults make it take", () => {
  const diskWrite = { minMs: 1, meanMs: 5 };
  const quick = boundsOf({ diskWrite });
  expect(quick.writeAnswerMs).toBeGreaterThan(quick.readAnswerMs + 4);
  const faults = [
    { kind: "slow-disk", startMs: 0, endMs: 9, node: "n1", readMs: 7, writeMs: 50 },
  ] as const;
  const slow = boundsOf({ diskWrite }, faults);
  expect(slow.ownDiskMs - quick.ownDiskMs).toBe(10 * 7 + 4 * 50);
  // A node with a slow disk counts as no healthy one.
  expect(slow.writeAnswerMs).toBe(quick.writeAnswerMs);
});

test("silence and settling outlast the longest call of a node", () => {
  for (const requestTimeoutMs of [100, 4_000]) {
    const { silenceMs, settleMs } = boundsOf({ settings: { requestTimeoutMs, retryDownMs: 700 } });
    expect(silenceMs).toBeGreaterThan(Math.max(1_500, requestTimeoutMs));
    expect(silenceMs).toBeLessThan(Math.max(1_500, requestTimeoutMs) + 20);
    expect(settleMs).toBeGreaterThan(1_500 + requestTimeoutMs + 1_400);
  }
});

test("below a write buffer a write is given the time for which durable rows are gathered, for a hint that goes before it as well", () => {
  const settings = { durableGatherMs: 40 };
  const plain = boundsOf({ settings });
  const buffered = boundsOf({ settings }, [], { writeBufferObjects: 10 });
  expect(buffered.ownDiskMs - plain.ownDiskMs).toBeCloseTo(3 * 40);
  expect(buffered.writeAnswerMs - plain.writeAnswerMs).toBeCloseTo(3 * 40);
  expect(buffered.readAnswerMs).toBe(plain.readAnswerMs);
});
