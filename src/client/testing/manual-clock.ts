import type { Clock, Timer } from "../../env/clock.ts";

interface Pending {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Virtual time for tests: nothing passes until `settle` needs it to. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #pending = new Set<Pending>();

  wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const entry = { dueMs: this.#nowMs + delayMs, callback };
    this.#pending.add(entry);
    return { cancel: () => this.#pending.delete(entry) };
  }

  defer(callback: () => void): void {
    this.setTimer(0, callback);
  }

  /** Lets time jump from timer to timer until the promise settles; rejects if it never would. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    for (;;) {
      for (let turn = 0; turn < 20 && !settled; turn += 1) {
        await Promise.resolve();
      }
      if (settled) {
        return await promise;
      }
      this.#fireNext();
    }
  }

  #fireNext(): void {
    const [next] = [...this.#pending].sort((a, b) => a.dueMs - b.dueMs);
    if (next === undefined) {
      throw new Error(`Cannot settle: nothing is pending at ${this.#nowMs} ms`);
    }
    this.#pending.delete(next);
    this.#nowMs = next.dueMs;
    next.callback();
  }
}
