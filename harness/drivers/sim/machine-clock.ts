import type { Clock, WallShift } from "../../../src/env/clock.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimProcess } from "./sim-process.ts";
import type { ClockPlan } from "./world-plan.ts";

const EXACT: ClockPlan = { skewMs: 0, driftPpm: 0 };

/**
 * How long a machine has been up when the world begins. No two monotonic clocks have anything in common, and the first machine's outgrows 32
 * bits some seconds later.
 */
export function uptimeMsOf(machine: number): number {
  return 2 ** 32 - 10_000 - machine * 3_600_000;
}

/** The hardware clock of one machine: off by a skew, too fast or slow by a drift, and made to jump by faults. Outlives processes. */
export class MachineClock {
  readonly #scheduler: Scheduler;
  /** Seconds of this machine in a second of the world. */
  readonly #pace: number;
  readonly #uptimeMs: number;
  #wallOffsetMs: number;

  constructor(scheduler: Scheduler, plan: ClockPlan = EXACT, uptimeMs = 0) {
    this.#scheduler = scheduler;
    this.#pace = 1 + plan.driftPpm / 1e6;
    this.#uptimeMs = uptimeMs;
    this.#wallOffsetMs = scheduler.wallMs() + plan.skewMs - uptimeMs;
  }

  wallMs(): number {
    return this.monotonicMs() + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#uptimeMs + this.#scheduler.monotonicMs() * this.#pace;
  }

  /** Only the wall clock: the monotonic one never jumps. */
  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** This clock as one life of a process sees it: its timers are the process's, and so is what it is shifted by. */
  of(process: SimProcess): Clock & WallShift {
    const scheduler = this.#scheduler;
    let shiftMs = 0;
    return {
      wallMs: () => this.wallMs() + shiftMs,
      setWallOffset: (offsetMs) => {
        shiftMs = offsetMs;
      },
      monotonicMs: () => this.monotonicMs(),
      setTimer: (delayMs, callback) => {
        if (!(delayMs >= 0)) throw new RangeError(`Cannot set a timer: delayMs is ${delayMs}`);
        return scheduler.at(scheduler.monotonicMs() + delayMs / this.#pace, callback, process);
      },
      defer: (callback) => scheduler.defer(callback, process),
    };
  }
}
