import type { Clock, Timer } from "../../../../../src/env/clock.ts";

interface EagerTimer extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** So many turns of promises pass between two timers, for those who wait for the first to go on meanwhile. */
const TURNS_BETWEEN_TIMERS = 20;

/**
 * A clock on which time passes by itself, as fast as promises can follow: timers fire in the order in which they are due,
 * with some turns of promises between. For tests that only await.
 */
export class EagerClock implements Clock {
  #nowMs = 0;
  #timers: EagerTimer[] = [];
  #isRunning = false;

  wallMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: EagerTimer = {
      dueMs: this.#nowMs + delayMs,
      callback,
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
    // Sorting is stable, so that timers due together fire in the order in which they were set.
    this.#timers = [...this.#timers, timer].sort((left, right) => left.dueMs - right.dueMs);
    if (!this.#isRunning) {
      this.#isRunning = true;
      void this.#run();
    }
    return timer;
  }

  defer(callback: () => void): void {
    this.setTimer(0, callback);
  }

  async #run(): Promise<void> {
    while (this.#timers.length > 0) {
      for (let turn = 0; turn < TURNS_BETWEEN_TIMERS; turn += 1) {
        await undefined;
      }
      const timer = this.#timers.shift();
      if (timer !== undefined) {
        this.#nowMs = timer.dueMs;
        timer.callback();
      }
    }
    this.#isRunning = false;
  }
}
