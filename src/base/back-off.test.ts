import { describe, expect, test } from "vitest";
import type { BackOff } from "./back-off.ts";
import { afterFailure } from "./back-off.ts";

const OPTIONS = { firstMs: 100, maxMs: 1_000 };

function waits(chance: number, count: number): number[] {
  let backOff: BackOff | undefined;
  return Array.from({ length: count }, () => {
    backOff = afterFailure(backOff, { nowMs: 5_000, chance }, OPTIONS);
    return backOff.untilMs - 5_000;
  });
}

describe("afterFailure()", () => {
  test("doubles the wait up to the bound", () => {
    expect(waits(0, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  test("leaves out up to a half of it by chance, never more", () => {
    expect(waits(0.5, 2)).toEqual([75, 150]);
    for (const wait of waits(1 - 2 ** -32, 40)) expect(wait).toBeGreaterThanOrEqual(50);
  });

  test("stays bounded however many failures there were", () => {
    const many = { failures: 5_000, untilMs: 0 };
    expect(afterFailure(many, { nowMs: 0, chance: 0 }, OPTIONS)).toEqual({
      failures: 5_001,
      untilMs: 1_000,
    });
  });
});
