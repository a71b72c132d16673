import { expect, test } from "vitest";
import { clockSkewMs } from "./clock-skew.ts";
import { plainPlan } from "./testing/plain-plan.ts";

test("clockSkewMs() is 0 where no clock is wrong, and the most that skew, drift and jumps may come to", () => {
  expect(clockSkewMs(plainPlan())).toBe(0);
  const clocks = { n1: { skewMs: 200, driftPpm: 0 }, n2: { skewMs: -50, driftPpm: 0 } };
  expect(clockSkewMs(plainPlan({ world: { clocks } }))).toBe(250);
  const drifting = { n1: { skewMs: 0, driftPpm: -100 } };
  expect(clockSkewMs(plainPlan({ world: { clocks: drifting } }))).toBe(200);
  const faults = [
    { kind: "clock-jump", startMs: 1, node: "n3", jumpMs: 1_000 },
    { kind: "clock-jump", startMs: 2, node: "n3", jumpMs: -1_500 },
    { kind: "clock-strobe", startMs: 3, endMs: 4, node: "n1", deltaMs: 70, periodMs: 10 },
  ] as const;
  expect(clockSkewMs(plainPlan({ world: { clocks }, faults }))).toBe(1_000 + 1_500);
});
