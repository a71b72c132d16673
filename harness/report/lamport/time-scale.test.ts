import { expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import { timeScale } from "./time-scale.ts";

test("timeScale() keeps the order of all moments, within its height", () => {
  const random = new SeededRandom("time scale");
  const momentsMs = Array.from({ length: 500 }, () => 1_000 * random.float() ** 4);
  const y = timeScale({ startMs: 0, endMs: 1_000, top: 10, momentsMs });
  const heights = [...momentsMs].sort((left, right) => left - right).map(y);
  for (const [at, height] of heights.entries()) {
    if (at > 0) expect(height).toBeGreaterThan(heights[at - 1] ?? 0);
  }
  expect(y(0)).toBe(10);
  expect(y(1_000)).toBeCloseTo(y.bottom, 6);
  expect(y(-5)).toBe(10);
  expect(y(2_000)).toBeCloseTo(y.bottom, 6);
});

test("timeScale() draws a long pause short and names it", () => {
  const y = timeScale({ startMs: 0, endMs: 1_000, top: 0, momentsMs: [1, 2, 3, 990] });
  expect(y(990) - y(3)).toBeLessThan(5 * (y(2) - y(1)));
  expect(y.pauses).toEqual([
    { startMs: 3, endMs: 990 },
    { startMs: 990, endMs: 1_000 },
  ]);
});

test("timeScale() bounds the height of any number of moments, and keeps its labels apart", () => {
  const momentsMs = Array.from({ length: 20_000 }, (_, at) => at / 10);
  const y = timeScale({ startMs: 0, endMs: 2_000, top: 0, momentsMs });
  expect(y.bottom).toBeLessThanOrEqual(24_001);
  expect(y.ticks.length).toBeGreaterThan(100);
  for (const [at, timeMs] of y.ticks.entries()) {
    if (at > 0) expect(y(timeMs) - y(y.ticks[at - 1] ?? 0)).toBeGreaterThanOrEqual(44);
  }
});
