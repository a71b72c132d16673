import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linearScale, logScale, roundDown, roundUp } from "./scale.ts";

describe("linearScale()", () => {
  test("puts the ends of the domain on the ends of the range", () => {
    const scale = linearScale({ domain: [0, 30], range: [50, 950] });
    expect([scale(0), scale(15), scale(30)]).toEqual([50, 500, 950]);
    expect(scale.ticks).toEqual([0, 5, 10, 15, 20, 25, 30]);
  });

  test("widens an empty domain instead of dividing by nothing", () => {
    expect(linearScale({ domain: [3, 3], range: [0, 10] })(3)).toBe(0);
  });

  test("gives few ticks, all inside the domain", () => {
    const bound = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(bound, bound, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b) + 1];
        const { ticks } = linearScale({ domain: [low, high], range: [0, 1] });
        expect(ticks.length).toBeLessThanOrEqual(7);
        const slack = (high - low) * 1e-6;
        for (const tick of ticks) {
          expect(tick).toBeGreaterThanOrEqual(low - slack);
          expect(tick).toBeLessThanOrEqual(high + slack);
        }
      }),
    );
  });
});

describe("logScale()", () => {
  test("gives each decade the same room", () => {
    const scale = logScale({ domain: [1, 1000], range: [300, 0] });
    expect([1, 10, 100, 1000].map((value) => Math.round(scale(value)))).toEqual([300, 200, 100, 0]);
    expect(scale.ticks).toEqual([1, 10, 100, 1000]);
  });

  test("clamps what lies below, nothing among it", () => {
    const scale = logScale({ domain: [1, 10], range: [100, 0] });
    expect([scale(0), scale(-5), scale(0.1)]).toEqual([100, 100, 100]);
  });

  test("adds 2 and 5 where the decades are few", () => {
    expect(logScale({ domain: [1, 50], range: [0, 1] }).ticks).toEqual([1, 2, 5, 10, 20, 50]);
  });
});

test("roundUp() and roundDown() enclose the value in 1, 2, 5 times a power of ten", () => {
  expect([0.3, 1, 1.2, 7, 4200, 0, NaN].map(roundUp)).toEqual([0.5, 1, 2, 10, 5000, 1, 1]);
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (value) => {
      expect(roundUp(value)).toBeGreaterThanOrEqual(value * (1 - 1e-6));
      expect(roundUp(value)).toBeLessThanOrEqual(value * 2.5 * (1 + 1e-6));
      expect(roundDown(value)).toBeLessThanOrEqual(value * (1 + 1e-6));
      expect(roundDown(value)).toBeGreaterThanOrEqual((value / 2.5) * (1 - 1e-6));
    }),
  );
});
