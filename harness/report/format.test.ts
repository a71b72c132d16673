import { expect, test } from "vitest";
import { formatCount, formatDuration, formatMs, formatShare, shorten } from "./format.ts";

test("formatCount() sets thousands apart", () => {
  expect([0, 999, 1_000, 1_234_567, -1_234, NaN].map(formatCount)).toEqual([
    ...["0", "999", "1,000", "1,234,567", "-1,234", "–"],
  ]);
});

test("formatMs() keeps three digits", () => {
  expect([0, 0.1234, 9.994, 9.996, 99.94, 99.96, 1_234.4, NaN].map(formatMs)).toEqual([
    ...["0", "0.12", "9.99", "10.0", "99.9", "100", "1,234", "–"],
  ]);
});

test("formatDuration() picks the unit", () => {
  expect([0, 0.85, 12.34, 4_200, NaN].map(formatDuration)).toEqual([
    ...["0 ms", "850 µs", "12.3 ms", "4.20 s", "–"],
  ]);
});

test("formatShare() never claims a whole that is not", () => {
  expect(formatShare(99_999, 100_000)).toBe("99.99 %");
  expect(formatShare(999_999, 1_000_000)).toBe("99.99 %");
  expect(formatShare(5, 5)).toBe("100 %");
  expect(formatShare(0, 0)).toBe("–");
});

test("shorten() cuts only what is too long", () => {
  expect([shorten("abc", 3), shorten("abcd", 3)]).toEqual(["abc", "ab…"]);
});
