import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pace } from "./pace.ts";
import { pass } from "./pace.ts";

const PACE: Pace = { bytesPerSecond: 1_000, burstMs: 100 };

/** When each item goes. */
function departures(items: readonly { gapMs: number; costBytes: number }[], pace: Pace) {
  let paidUntilMs = Number.NEGATIVE_INFINITY;
  let nowMs = 0;
  return items.map(({ gapMs, costBytes }) => {
    nowMs += gapMs;
    const passed = pass(paidUntilMs, { costBytes, nowMs }, pace);
    ({ paidUntilMs } = passed);
    return { askedMs: nowMs, goneMs: nowMs + passed.waitMs, costBytes };
  });
}

describe("pass()", () => {
  test("lets a burst through at once and then goes at the mean rate", () => {
    const items = Array.from({ length: 5 }, () => ({ gapMs: 0, costBytes: 100 }));
    expect(departures(items, PACE).map(({ goneMs }) => goneMs)).toEqual([0, 0, 100, 200, 300]);
  });

  test("gives back no more than a burst after a long rest", () => {
    const items = [0, 0, 100_000, 0, 0].map((gapMs) => ({ gapMs, costBytes: 100 }));
    expect(departures(items, PACE).map(({ goneMs }) => goneMs)).toEqual([
      0, 0, 100_000, 100_000, 100_100,
    ]);
  });

  test("lets through an item that is larger than any burst, and makes the next one pay for it", () => {
    const items = [5_000, 1].map((costBytes) => ({ gapMs: 0, costBytes }));
    expect(departures(items, PACE).map(({ goneMs }) => goneMs)).toEqual([0, 4_900]);
  });

  test("in no time goes more than rate and burst allow, and one item; the order is kept, and nothing waits for longer than what went before costs", () => {
    const item = fc.record({ gapMs: fc.nat(500), costBytes: fc.integer({ min: 1, max: 400 }) });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), (items) => {
        const gone = departures(items, PACE);
        let costBefore = 0;
        gone.forEach((first, from) => {
          expect(first.goneMs).toBeGreaterThanOrEqual(gone[from - 1]?.goneMs ?? 0);
          expect(first.goneMs - first.askedMs).toBeLessThanOrEqual(costBefore + 1e-6);
          costBefore += first.costBytes;
          let sumBytes = 0;
          for (const { goneMs, costBytes } of gone.slice(from)) {
            const allowed = goneMs - first.goneMs + PACE.burstMs + 1e-6;
            // At 1,000 bytes a second a byte takes a millisecond; the last item itself is not counted.
            expect(sumBytes).toBeLessThanOrEqual(allowed);
            sumBytes += costBytes;
          }
        });
      }),
    );
  });
});
