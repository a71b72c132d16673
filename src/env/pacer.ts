import { pass } from "../base/pace.ts";
import type { Clock, Timer } from "./clock.ts";

/**
 * How much of its time a background task may take (D-6.5): lets things pass at a pace, one after the other in the order in which they
 * came.
 */
export class Pacer {
  readonly #clock: Clock;
  readonly #burstMs: number;
  readonly #waiting = new Map<Timer, () => void>();
  #paidUntilMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  /** What a rest lets through at once, as the time that it takes at the mean rate, in milliseconds. */
  constructor(clock: Clock, { burstMs }: { readonly burstMs: number }) {
    this.#clock = clock;
    this.#burstMs = burstMs;
  }

  /** Takes an item on, at the time it costs at the mean rate, and gives how long it has to wait first, both in milliseconds. */
  take(costMs: number): number {
    const nowMs = this.#clock.monotonicMs();
    const { waitMs, paidUntilMs } = pass(this.#paidUntilMs, { costMs, nowMs }, this.#burstMs);
    this.#paidUntilMs = paidUntilMs;
    return waitMs;
  }

  /** Resolves after that time: true, or at once false where the pacer was stopped. */
  async wait(waitMs: number): Promise<boolean> {
    if (waitMs > 0 && !this.#stopped) await this.#sleep(waitMs);
    return !this.#stopped;
  }

  /** What waits goes on at once, and is told. */
  stop(): void {
    this.#stopped = true;
    for (const [timer, goOn] of this.#waiting) {
      timer.cancel();
      goOn();
    }
    this.#waiting.clear();
  }

  #sleep(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(waitMs, () => {
        this.#waiting.delete(timer);
        resolve();
      });
      this.#waiting.set(timer, resolve);
    });
  }
}
