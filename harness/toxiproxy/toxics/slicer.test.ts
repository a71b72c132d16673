import fc from "fast-check";
import { expect, test } from "vitest";
import { sliceEnds } from "./slicer.ts";

test("sliceEnds() covers the chunk once, in order, with slices no larger than allowed", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3_000 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 300 }),
      fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
      (length, averageSize, variation, chances) => {
        const sizes = { average_size: averageSize, size_variation: variation };
        const ends = sliceEnds(length, sizes, () => chances.next().value);
        expect(ends.at(-1)).toBe(length);
        let start = 0;
        for (const end of ends) {
          expect(end).toBeGreaterThan(start);
          expect(end - start).toBeLessThanOrEqual(averageSize + variation);
          start = end;
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("sliceEnds() halves without variation", () => {
  expect(sliceEnds(100, { average_size: 25, size_variation: 0 }, () => 0)).toEqual([
    25, 50, 75, 100,
  ]);
});

test("sliceEnds() bears sizes that make no sense", () => {
  const ends = sliceEnds(5, { average_size: 0, size_variation: -7 }, () => 0.5);
  expect(ends).toEqual([1, 2, 3, 4, 5]);
  expect(sliceEnds(3, { average_size: -5, size_variation: 0 }, () => 0.5)).toEqual([1, 2, 3]);
});
