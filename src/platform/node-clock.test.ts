import { describe, expect, test, vi } from "vitest";
import { createNodeClock } from "./node-clock.ts";

describe("createNodeClock()", () => {
  test("defer() runs after the input and promises at hand, in order, and what it defers in a later turn", async () => {
    const clock = createNodeClock();
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      clock.defer(() => {
        order.push("first");
        clock.defer(() => {
          order.push("nested");
          resolve();
        });
        Promise.resolve().then(() => order.push("promise of the first"));
      });
      clock.defer(() => order.push("second"));
      Promise.resolve().then(() => order.push("promise"));
    });
    expect(order).toEqual(["promise", "first", "second", "promise of the first", "nested"]);
  });

  test("setTimer() fires once unless cancelled, for delays longer than a timer can take as well", async () => {
    const clock = createNodeClock();
    const never = vi.fn();
    clock.setTimer(1, never).cancel();
    const distant = clock.setTimer(2 ** 40, never);
    const startMs = clock.monotonicMs();
    await new Promise<void>((resolve) => clock.setTimer(20, resolve));
    expect(clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(18);
    distant.cancel();
    expect(never).not.toHaveBeenCalled();
  });

  test("setWallOffset() moves the wall clock alone, of this clock alone", () => {
    const clock = createNodeClock();
    const startMs = clock.monotonicMs();
    clock.setWallOffset(-3_600_000);
    expect(Date.now() - clock.wallMs()).toBeCloseTo(3_600_000, -4);
    expect(Math.abs(createNodeClock().wallMs() - Date.now())).toBeLessThan(1_000);
    expect(clock.monotonicMs() - startMs).toBeLessThan(1_000);
    clock.setWallOffset(0);
    expect(Math.abs(clock.wallMs() - Date.now())).toBeLessThan(1_000);
  });
});
