import { describe, expect, test } from "vitest";
import { Pace } from "./pace.ts";

describe("Pace", () => {
  const limits = { keysPerSecond: 100, bytesPerSecond: 1_000 };

  test("asks for the time that the dearer of keys and bytes costs", () => {
    expect(new Pace(limits).spend(0, { keys: 10, bytes: 0 })).toBe(100);
    expect(new Pace(limits).spend(0, { keys: 10, bytes: 500 })).toBe(500);
    expect(new Pace(limits).spend(0, { keys: 0, bytes: 0 })).toBe(0);
  });

  test("takes off what has passed since, and saves nothing up", () => {
    const pace = new Pace(limits);
    expect(pace.spend(0, { keys: 10, bytes: 0 })).toBe(100);
    expect(pace.spend(40, { keys: 10, bytes: 0 })).toBe(160);
    expect(pace.spend(10_000, { keys: 10, bytes: 0 })).toBe(100);
  });
});
