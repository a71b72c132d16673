import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pass } from "./pace.ts";

const BURST_MS = 100;

/** When each item goes. */
function departures(items: readonly { gapMs: number; costMs: number }[]) {
  let paidUntilMs = Number.NEGATIVE_INFINITY;
  let nowMs = 0;
  return items.map(({ gapMs, costMs }) => {
    nowMs += gapMs;
    const passed = pass(paidUntilMs, { costMs, nowMs }, BURST_MS);
    ({ paidUntilMs } = passed);
    return { askedMs: nowMs, goneMs: nowMs + passed.waitMs, costMs };
  });
}

describe("pass()", () => {
  test("lets a burst through at once and then goes at the mean rate", () => {
    const items = Array.from({ length: 5 }, () => ({ gapMs: 0, costMs: 100 }));
    expect(departures(items).map(({ goneMs }) => goneMs)).toEqual([0, 0, 100, 200, 300]);
  });

  test("gives back no more than a burst after a long rest", () => {
    const items = [0, 0, 100_000, 0, 0].map((gapMs) => ({ gapMs, costMs: 100 }));
    expect(departures(items).map(({ goneMs }) => goneMs)).toEqual([
      0, 0, 100_000, 100_000, 100_100,
    ]);
  });

  test("lets through an item that is larger than any burst, and makes the next one pay for it", () => {
    const items = [5_000, 1].map((costMs) => ({ gapMs: 0, costMs }));
    expect(departures(items).map(({ goneMs }) => goneMs)).toEqual([0, 4_900]);
  });

  test("in no time goes more than rate and burst allow, and one item; the order is kept, and nothing waits for longer than what went before costs", () => {
    const item = fc.record({ gapMs: fc.nat(500), costMs: fc.integer({ min: 1, max: 400 }) });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), (items) => {
        const gone = departures(items);
        let costBefore = 0;
        gone.forEach((first, from) => {
          expect(first.goneMs).toBeGreaterThanOrEqual(gone[from - 1]?.goneMs ?? 0);
          expect(first.goneMs - first.askedMs).toBeLessThanOrEqual(costBefore + 1e-6);
          costBefore += first.costMs;
          let sumMs = 0;
          for (const { goneMs, costMs } of gone.slice(from)) {
            const allowed = goneMs - first.goneMs + BURST_MS + 1e-6;
            // The last item itself is not counted.
            expect(sumMs).toBeLessThanOrEqual(allowed);
            sumMs += costMs;
          }
        });
      }),
    );
  });
});
