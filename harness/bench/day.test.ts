/*
 * Aim: the shapes of the paper's Figures 4 and 5, and the SLA. Method: the day of `npm run bench:day` with shorter hours, in virtual time,
 * so that the figures are the same everywhere.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { DayResult } from "./run-day.ts";
import { during, isPeak, isTrough, loadShare, runDay } from "./run-day.ts";

const HOURS = 24;
const SLA_US = 300_000;

describe("a day of a service", () => {
  let direct: DayResult;
  let buffered: DayResult;
  const p999 = (hours: DayResult["writes"], isMeant?: typeof isPeak) =>
    during(hours, isMeant).getValueAtPercentile(99.9);
  /** Of peaks against troughs, which have too few requests for the p99.9. */
  const p99 = (hours: DayResult["writes"], isMeant: typeof isPeak) =>
    during(hours, isMeant).getValueAtPercentile(99);

  beforeAll(async () => {
    const day = { hours: HOURS, hourMs: 1_500, peakPerSecond: 250, seed: 2 };
    direct = await runDay({ ...day, writeBufferObjects: 0 });
    buffered = await runDay({ ...day, writeBufferObjects: 1_000 });
  }, 120_000);

  test("D-6.1-1 serves 99.9 % of reads and of writes within 300 ms", () => {
    for (const { reads, writes, failed } of [direct, buffered]) {
      expect(failed).toBe(0);
      expect(during(reads).totalCount).toBeGreaterThan(3_000);
      expect(p999(reads)).toBeLessThan(SLA_US);
      expect(p999(writes)).toBeLessThan(SLA_US);
    }
  });

  test("D-6.1-1 has the shape of Figure 4: writes above reads, p99.9 far above the mean, more by day than by night", () => {
    const { reads, writes } = direct;
    expect(during(writes).mean).toBeGreaterThan(1.5 * during(reads).mean);
    expect(p999(writes)).toBeGreaterThan(2 * p999(reads));
    for (const hours of [reads, writes])
      expect(p999(hours)).toBeGreaterThan(3 * during(hours).mean);
    expect(p99(writes, isPeak)).toBeGreaterThan(2 * p99(writes, isTrough));
    expect(during(writes, isPeak).mean).toBeGreaterThan(1.1 * during(writes, isTrough).mean);
  });

  test("D-6.1-3 has the shape of Figure 5: a buffer takes away the peaks, and little where there are none", () => {
    const factor = (isMeant: typeof isPeak) =>
      p99(direct.writes, isMeant) / p99(buffered.writes, isMeant);
    expect(p999(direct.writes, isPeak)).toBeGreaterThan(2.5 * p999(buffered.writes, isPeak));
    expect(factor(isPeak)).toBeGreaterThan(2 * factor(isTrough));
    // Smoother: what is left hardly knows the time of day.
    expect(p99(buffered.writes, isPeak)).toBeLessThan(1.6 * p99(buffered.writes, isTrough));
  });
});

test("loadShare() is a tenth at midnight and all at noon, in peak hours and troughs", () => {
  const shares = Array.from({ length: HOURS }, (_, hour) => loadShare(hour, HOURS));
  expect(Math.min(...shares)).toBeCloseTo(0.1, 1);
  expect(Math.max(...shares)).toBeCloseTo(1, 1);
  expect(shares.indexOf(Math.max(...shares))).toBeGreaterThanOrEqual(11);
  expect(isPeak(12, HOURS) && isTrough(0, HOURS)).toBe(true);
  expect(isPeak(0, HOURS) || isTrough(12, HOURS)).toBe(false);
});
