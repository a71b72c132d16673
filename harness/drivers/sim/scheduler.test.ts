import { describe, expect, test } from "vitest";
import { Scheduler, SimulationStuckError } from "./scheduler.ts";

const LIMITS = { untilMs: 1_000_000 };

describe("Scheduler", () => {
  test("run() fires timers by time, those of one time in the order in which they were set", async () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    const done = new Promise<void>((resolve) => {
      scheduler.setTimer(20, () => seen.push(`late at ${scheduler.monotonicMs()}`));
      scheduler.setTimer(10, () => seen.push("first"));
      scheduler.setTimer(10, () => seen.push("second"));
      scheduler.setTimer(30, resolve);
    });
    await scheduler.run(done, LIMITS);
    expect(seen).toEqual(["first", "second", "late at 20"]);
    expect(scheduler.monotonicMs()).toBe(30);
  });

  test("run() lets every promise reaction run before time passes, however long the chain", async () => {
    const scheduler = new Scheduler();
    const seen: number[] = [];
    const chain = async (): Promise<void> => {
      for (let link = 0; link < 1_000; link++) await null;
      seen.push(scheduler.monotonicMs());
    };
    const done = new Promise<void>((resolve) => {
      scheduler.setTimer(5, () => void chain());
      scheduler.setTimer(6, () => seen.push(6));
      scheduler.setTimer(7, resolve);
    });
    await scheduler.run(done, LIMITS);
    expect(seen).toEqual([5, 6]);
  });

  test("defer() comes after the promise reactions of the turn and before the next event", async () => {
    const scheduler = new Scheduler();
    const seen: string[] = [];
    const done = new Promise<void>((resolve) => {
      scheduler.setTimer(1, () => {
        scheduler.defer(() => seen.push("deferred"));
        void Promise.resolve().then(() => seen.push("reaction"));
      });
      scheduler.setTimer(1, () => {
        seen.push("event");
        resolve();
      });
    });
    await scheduler.run(done, LIMITS);
    expect(seen).toEqual(["reaction", "deferred", "event"]);
  });

  test("a cancelled timer never fires, also one cancelled by another of the same time", async () => {
    const scheduler = new Scheduler();
    let fired = 0;
    const done = new Promise<void>((resolve) => {
      scheduler.setTimer(1, () => cancelled.cancel());
      const cancelled = scheduler.setTimer(1, () => {
        fired += 1;
      });
      scheduler.setTimer(2, resolve);
    });
    await scheduler.run(done, LIMITS);
    expect(fired).toBe(0);
  });

  test("thousands of timers in any order fire in order", async () => {
    const scheduler = new Scheduler();
    const seen: number[] = [];
    for (let index = 0; index < 5_000; index++) {
      scheduler.setTimer((index * 7_919) % 5_003, () => seen.push(scheduler.monotonicMs()));
    }
    await scheduler.run(new Promise<void>((resolve) => scheduler.setTimer(6_000, resolve)), LIMITS);
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
    expect(seen).toHaveLength(5_000);
  });

  test("run() says that it is stuck where nothing is left to happen", async () => {
    const never = new Promise<void>(() => {});
    await expect(new Scheduler().run(never, LIMITS)).rejects.toThrow(SimulationStuckError);
  });

  test("run() ends at its limit of virtual time", async () => {
    const scheduler = new Scheduler();
    const tick = (): void => {
      scheduler.setTimer(100, tick);
    };
    tick();
    const never = new Promise<void>(() => {});
    await expect(scheduler.run(never, { untilMs: 1_050 })).rejects.toThrow(/after 1050 ms/);
    expect(scheduler.monotonicMs()).toBe(1_000);
  });

  test("run() ends when it is told to stop from outside", async () => {
    const scheduler = new Scheduler();
    const tick = (): void => {
      scheduler.setTimer(1, tick);
    };
    tick();
    const never = new Promise<void>(() => {});
    const limits = { untilMs: Number.POSITIVE_INFINITY, stop: () => true };
    await expect(scheduler.run(never, limits)).rejects.toThrow(/stopped/);
  });

  test("run() rejects like what it runs", async () => {
    await expect(new Scheduler().run(Promise.reject(new RangeError("no")), LIMITS)).rejects.toThrow(
      RangeError,
    );
  });
});
