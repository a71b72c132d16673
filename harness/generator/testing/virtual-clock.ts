import { setImmediate } from "node:timers/promises";
import type { Clock, Timer } from "../../../src/env/clock.ts";

interface PendingTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that jumps to the next timer whenever everything that was started has come to rest. */
export class VirtualClock implements Clock {
  #nowMs = 1_000;
  #order = 0;
  readonly #timers = new Set<PendingTimer>();

  wallMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, order: this.#order++, callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  defer(callback: () => void): void {
    this.setTimer(0, callback);
  }

  /** Resolves `delayMs` from now. */
  after(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(delayMs, resolve));
  }

  /** Lets time pass until `work` settles; throws where it waits for something that no timer will bring. */
  async run<T>(work: Promise<T>): Promise<T> {
    let settled = false;
    const watched = work.finally(() => {
      settled = true;
    });
    watched.catch(() => {});
    for (;;) {
      await setImmediate();
      if (settled) {
        return await watched;
      }
      const next = this.#earliest();
      if (next === undefined) {
        throw new Error("Cannot go on: nothing is scheduled and the work has not settled");
      }
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
  }

  #earliest(): PendingTimer | undefined {
    let earliest: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (
        earliest === undefined ||
        timer.dueMs < earliest.dueMs ||
        (timer.dueMs === earliest.dueMs && timer.order < earliest.order)
      ) {
        earliest = timer;
      }
    }
    return earliest;
  }
}
