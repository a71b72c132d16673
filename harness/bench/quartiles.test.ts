import { expect, test } from "vitest";
import { median, quartiles } from "./quartiles.ts";

test("quartiles() sorts by size, and takes values that are there", () => {
  expect(quartiles([10, 9, 2, 100])).toEqual([2, 9, 10]);
  expect(median([3, 1, 2])).toBe(2);
  expect(quartiles([])).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});
