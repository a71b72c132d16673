import fc from "fast-check";
import { expect, test } from "vitest";
import { quantile, sortedSamples } from "./quantile.ts";

test("quantile() is the smallest sample that enough samples do not exceed", () => {
  const samples = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 300 });
  const perMille = fc.integer({ min: 0, max: 1000 });
  fc.assert(
    fc.property(samples, perMille, (values, share) => {
      const slow = [...values]
        .sort((a, b) => a - b)
        .find((value) => values.filter((v) => v <= value).length * 1000 >= share * values.length);
      expect(quantile(sortedSamples(values), share / 1000)).toBe(slow);
    }),
  );
});

test("quantile() of nothing is NaN", () => {
  expect(quantile([], 0.5)).toBeNaN();
});

test("quantile() does not slip to the next rank by rounding", () => {
  const thousand = Array.from({ length: 1000 }, (_, at) => at + 1);
  expect(quantile(thousand, 0.999)).toBe(999);
});
