import { expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import { drawDelayMs } from "./draw-delay.ts";

test("drawDelayMs() keeps to minimum and mean, and spreads as an exponential does", () => {
  const random = new SeededRandom("delays");
  const plan = { minMs: 2, meanMs: 5 };
  const drawn = Array.from({ length: 20_000 }, () => drawDelayMs(random, plan));
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(2);
  const meanMs = drawn.reduce((sum, delayMs) => sum + delayMs, 0) / drawn.length;
  expect(meanMs).toBeGreaterThan(4.9);
  expect(meanMs).toBeLessThan(5.1);
  // An exponential is above its mean in one case of e.
  const aboveMean = drawn.filter((delayMs) => delayMs > 5).length / drawn.length;
  expect(aboveMean).toBeGreaterThan(0.35);
  expect(aboveMean).toBeLessThan(0.39);
});

test("drawDelayMs() is the minimum, and draws nothing, where the mean is not above it", () => {
  const random = new SeededRandom("delays");
  expect(drawDelayMs(random, { minMs: 3, meanMs: 3 })).toBe(3);
  expect(drawDelayMs(random, { minMs: 3, meanMs: 1 })).toBe(3);
  expect(drawDelayMs(random, { minMs: 0, meanMs: 0 })).toBe(0);
  expect(random.uint32()).toBe(new SeededRandom("delays").uint32());
});
