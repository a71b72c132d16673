import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockOnWire, isPast, PeerClock } from "./peer-clock.ts";

const anyClockMs = fc.double({ min: 0, max: 2 ** 45, noNaN: true });
const anyDelayMs = fc.double({ min: 0, max: 1_500, noNaN: true });
const DAY_MS = 86_400_000;

describe("PeerClock", () => {
  test("says of no moment that it has passed while it has not, and says it once the exchange of hellos has gone by as well", () => {
    fc.assert(
      fc.property(
        fc.record({
          ownMs: anyClockMs,
          peerMs: anyClockMs,
          helloMs: anyDelayMs,
          ageMs: fc.double({ min: 0, max: 30 * DAY_MS, noNaN: true }),
          timeoutMs: fc.integer({ min: 1, max: 60_000 }),
        }),
        ({ ownMs, peerMs, helloMs, ageMs, timeoutMs }) => {
          const clock = new PeerClock(ownMs, clockOnWire(peerMs + helloMs));
          const due = clock.latestOnWire(ownMs + ageMs + timeoutMs);
          const duePeerMs = peerMs + ageMs + timeoutMs;
          expect(isPast(due, duePeerMs)).toBe(false);
          const allowedMs = 0.001 * (ageMs + timeoutMs) + helloMs + 3;
          expect(isPast(due, duePeerMs + allowedMs)).toBe(true);
        },
      ),
    );
  });

  test("allows for clocks that drift apart by 500 ppm each", () => {
    const clock = new PeerClock(0, clockOnWire(0));
    const due = clock.latestOnWire(10 * DAY_MS);
    expect(isPast(due, 10 * DAY_MS * 1.000_999)).toBe(false);
    expect(isPast(due, 10 * DAY_MS * 1.001_001)).toBe(true);
  });
});

test("isPast() goes on where 32 bits begin anew", () => {
  const moment = clockOnWire(2 ** 32 - 1);
  expect(isPast(moment, 2 ** 32 - 1)).toBe(false);
  expect(isPast(moment, 2 ** 32)).toBe(true);
  expect(isPast(clockOnWire(2 ** 32 + 5), 2 ** 32 - 1)).toBe(false);
  expect(isPast(clockOnWire(2 ** 32 + 5), 2 ** 32 + 6)).toBe(true);
});
