import { describe, expect, test } from "vitest";
import { MachineClock, uptimeMsOf } from "./machine-clock.ts";
import { Scheduler } from "./scheduler.ts";
import { SimProcess } from "./sim-process.ts";

const unexpected = (error: unknown): never => {
  throw error;
};

describe("SimProcess", () => {
  test("holds what comes while it is paused, and runs it in order when it goes on", () => {
    const process = new SimProcess(unexpected);
    const seen: string[] = [];
    process.pause();
    process.enter(() => seen.push("first"));
    process.enter(() => seen.push("second"));
    expect(seen).toEqual([]);
    process.resume();
    expect(seen).toEqual(["first", "second"]);
  });

  test("runs nothing once it is dead, not even what was held", () => {
    const process = new SimProcess(unexpected);
    const seen: string[] = [];
    process.onDeath(() => seen.push("died"));
    const forgotten = (): void => {
      seen.push("forgotten");
    };
    process.onDeath(forgotten);
    process.offDeath(forgotten);
    process.pause();
    process.enter(() => seen.push("held"));
    process.kill();
    process.kill();
    process.resume();
    process.enter(() => seen.push("after"));
    expect(seen).toEqual(["died"]);
  });

  test("counts its pauses", () => {
    const process = new SimProcess(unexpected);
    process.pause();
    process.pause();
    expect(process.pauseCount).toBe(1);
    process.resume();
    process.pause();
    expect(process.pauseCount).toBe(2);
  });

  test("tells what a callback threw", () => {
    const errors: unknown[] = [];
    const process = new SimProcess((error) => errors.push(error));
    process.enter(() => {
      throw new Error("planted");
    });
    expect(errors).toEqual([new Error("planted")]);
  });
});

describe("MachineClock", () => {
  test("runs too fast by its drift and off by its skew, and jumps on the wall only", async () => {
    const scheduler = new Scheduler();
    const clock = new MachineClock(scheduler, { skewMs: 5_000, driftPpm: 1_000 });
    const startWallMs = clock.wallMs();
    expect(startWallMs - scheduler.wallMs()).toBe(5_000);
    const process = new SimProcess(unexpected);
    const firedMs = new Promise<number>((resolve) => {
      clock.of(process).setTimer(1_001, () => resolve(scheduler.monotonicMs()));
    });
    expect(await scheduler.run(firedMs, { untilMs: 5_000 })).toBeCloseTo(1_000, 6);
    expect(clock.monotonicMs()).toBeCloseTo(1_001, 6);
    clock.jump(-3_000);
    expect(clock.wallMs() - startWallMs).toBeCloseTo(1_001 - 3_000, 3);
    expect(clock.monotonicMs()).toBeCloseTo(1_001, 6);
  });

  test("says how long its machine has been up, which tells nothing of any other, and the wall time beside it", () => {
    const scheduler = new Scheduler();
    const [first, second] = [0, 1].map((machine) => {
      return new MachineClock(scheduler, { skewMs: 7, driftPpm: 0 }, uptimeMsOf(machine));
    });
    expect(first?.monotonicMs()).toBe(2 ** 32 - 10_000);
    expect(second?.monotonicMs()).toBe(2 ** 32 - 10_000 - 3_600_000);
    expect(first?.wallMs()).toBeCloseTo(scheduler.wallMs() + 7, 3);
  });

  test("is shifted within one life of a process, and not for the next", () => {
    const clock = new MachineClock(new Scheduler());
    const [first, second] = [
      clock.of(new SimProcess(unexpected)),
      clock.of(new SimProcess(unexpected)),
    ];
    first.setWallOffset(60_000);
    clock.jump(5_000);
    expect(first.wallMs() - clock.wallMs()).toBe(60_000);
    expect(second.wallMs()).toBe(clock.wallMs());
  });

  test("a timer that fires while the process is paused can still be cancelled", async () => {
    const scheduler = new Scheduler();
    const process = new SimProcess(unexpected);
    const clock = new MachineClock(scheduler).of(process);
    let fired = 0;
    const timer = clock.setTimer(10, () => {
      fired += 1;
    });
    process.pause();
    await scheduler.run(new Promise<void>((resolve) => scheduler.setTimer(20, resolve)), {
      untilMs: 100,
    });
    timer.cancel();
    process.resume();
    expect(fired).toBe(0);
  });
});
