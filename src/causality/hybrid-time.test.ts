import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COUNTER_MAX } from "./counter-limit.ts";
import { aheadMs, hybridTimeOf, nextHybridTime, wallMsOf } from "./hybrid-time.ts";

const NOW = 1_764_000_000_000;
const next = (reading: Partial<Parameters<typeof nextHybridTime>[0]>): number =>
  nextHybridTime({ wallMs: NOW, last: 0, seen: [], skewMaxMs: 500, ...reading });

describe("nextHybridTime()", () => {
  it("is the wall time where that is later than all it has seen", () => {
    expect(next({})).toBe(hybridTimeOf(NOW));
    expect(next({ last: hybridTimeOf(NOW - 1), seen: [hybridTimeOf(NOW - 7)] })).toBe(
      hybridTimeOf(NOW),
    );
    expect(wallMsOf(next({}))).toBe(NOW);
  });

  it("is the least time after what it has seen where the wall clock is behind that", () => {
    const ahead = hybridTimeOf(NOW + 500) + 3;
    expect(next({ seen: [ahead] })).toBe(ahead + 1);
    expect(next({ last: ahead, seen: [hybridTimeOf(NOW)] })).toBe(ahead + 1);
  });

  it("follows nobody beyond the bound, and always itself", () => {
    const far = hybridTimeOf(NOW + 501);
    expect(aheadMs(far, NOW)).toBe(501);
    expect(next({ seen: [far] })).toBe(hybridTimeOf(NOW));
    expect(next({ last: far })).toBe(far + 1);
  });

  it("goes on in the next millisecond where the counter is full", () => {
    const full = hybridTimeOf(NOW) + 1_023;
    expect(next({ last: full })).toBe(hybridTimeOf(NOW + 1));
  });

  it("ends at the last time that a context may bring back", () => {
    for (const reading of [{ last: COUNTER_MAX }, { wallMs: Date.UTC(2249, 0, 1) }]) {
      expect(next(reading)).toBe(COUNTER_MAX);
    }
  });

  it("takes clocks before 1970 and with fractions", () => {
    expect(next({ wallMs: -5 })).toBe(hybridTimeOf(1));
    expect(next({ wallMs: 7.9 })).toBe(hybridTimeOf(7));
  });

  it("is later than its own last time and than all within the bound, and never ahead of them and the clock", () => {
    const time = fc.integer({ min: -2_000, max: 2_000 }).map((ms) => hybridTimeOf(NOW + ms));
    fc.assert(
      fc.property(time, fc.array(time), fc.integer({ min: 1, max: 2_000 }), (last, seen, max) => {
        const written = next({ last, seen, skewMaxMs: max });
        const followed = seen.filter((each) => aheadMs(each, NOW) <= max);
        expect(written).toBeGreaterThan(last);
        for (const each of followed) expect(written).toBeGreaterThan(each);
        expect(written).toBeLessThanOrEqual(
          Math.max(hybridTimeOf(NOW), last + 1, ...followed.map((each) => each + 1)),
        );
      }),
    );
  });
});
