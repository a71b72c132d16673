import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockOnWire, PeerClock, remainingMs } from "./peer-clock.ts";

const DAY_MS = 86_400_000;
const HELLO_MS = 1_500;

/** A peer whose clock is ahead by `aheadMs()`, asked at `sentMs`; it answers at once, or after the whole time, or in between. */
function exchange(aheadMs: number, sentMs: number, tripMs: number, share: number) {
  const answeredMs = sentMs + share * tripMs;
  return { sentMs, receivedMs: sentMs + tripMs, clock: clockOnWire(answeredMs + aheadMs) };
}

const anyTrip = fc.record({
  tripMs: fc.double({ min: 0, max: HELLO_MS, noNaN: true }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});
const anyAheadMs = fc.double({ min: -(2 ** 44), max: 2 ** 44, noNaN: true });

describe("PeerClock", () => {
  test("says of no moment that it has passed while it has not, and says it once the tightest exchange has gone by as well", () => {
    fc.assert(
      fc.property(
        anyAheadMs,
        fc.array(fc.tuple(anyTrip, fc.integer({ min: 0, max: 60_000 })), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.integer({ min: 1, max: 60_000 }),
        (aheadMs, trips, timeoutMs) => {
          let nowMs = 2 ** 44;
          let clock: PeerClock | undefined;
          let lateMs = Number.POSITIVE_INFINITY;
          for (const [{ tripMs, share }, pauseMs] of trips) {
            const seen = exchange(aheadMs, nowMs, tripMs, share);
            if (clock === undefined) clock = new PeerClock(seen);
            else clock.observe(seen);
            lateMs = Math.min(lateMs, share * tripMs) + 0.001 * (tripMs + pauseMs);
            nowMs += tripMs + pauseMs;
          }
          const due = clock?.latestOnWire(nowMs + timeoutMs) ?? 0;
          const peerMs = nowMs + timeoutMs + aheadMs;
          expect(remainingMs(due, peerMs)).toBeGreaterThanOrEqual(0);
          const allowedMs = lateMs + 0.001 * timeoutMs + 4;
          expect(remainingMs(due, peerMs + allowedMs)).toBeLessThanOrEqual(0);
        },
      ),
    );
  });

  test("does not grow old with its connection while answers come", () => {
    const clock = new PeerClock(exchange(5e6, 0, 10, 0.5));
    for (let day = 1; day <= 60; day += 1) clock.observe(exchange(5e6, day * DAY_MS, 10, 0.5));
    const nowMs = 60 * DAY_MS;
    expect(remainingMs(clock.latestOnWire(nowMs), nowMs + 5e6 + 10)).toBeLessThan(0);
  });

  test("allows for clocks that drift apart", () => {
    const clock = new PeerClock(exchange(0, 0, 0, 0));
    const due = clock.latestOnWire(DAY_MS);
    expect(remainingMs(due, DAY_MS * 1.000_999)).toBeGreaterThanOrEqual(0);
    expect(remainingMs(due, DAY_MS * 1.001_001)).toBeLessThan(0);
  });

  test.each([-3_600_000, -600, 600, 3_600_000])(
    "begins anew with the first answer after one of the clocks lost its place by %d ms",
    (stepMs) => {
      const clock = new PeerClock(exchange(1_000, 0, 10, 0.5));
      clock.observe(exchange(1_000 + stepMs, 5_000, 10, 0.5));
      const due = clock.latestOnWire(6_000);
      const peerMs = 7_000 + stepMs;
      expect(remainingMs(due, peerMs)).toBeGreaterThanOrEqual(0);
      expect(remainingMs(due, peerMs + 10)).toBeLessThan(0);
    },
  );
});

test("remainingMs() goes on where 32 bits begin anew", () => {
  const moment = clockOnWire(2 ** 32 - 1);
  expect(remainingMs(moment, 2 ** 32 - 1)).toBe(0);
  expect(remainingMs(moment, 2 ** 32)).toBe(-1);
  expect(remainingMs(clockOnWire(2 ** 32 + 5), 2 ** 32 - 1)).toBe(6);
});
