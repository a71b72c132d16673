import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Pace } from "./pace.ts";
import { pass } from "./pace.ts";

/** Lets things pass at a pace, one after the other in the order in which they came. */
export class Pacer {
  readonly #environment: Pick<Environment, "clock" | "assertions">;
  readonly #pace: () => Pace;
  readonly #waiting = new Map<Timer, () => void>();
  #paidUntilMs = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(environment: Pick<Environment, "clock" | "assertions">, pace: () => Pace) {
    this.#environment = environment;
    this.#pace = pace;
  }

  /** Resolves once the item may go: true, or false where the pacer was stopped. */
  async pass(costBytes: number): Promise<boolean> {
    if (this.#stopped) return false;
    const { clock, assertions } = this.#environment;
    const nowMs = clock.monotonicMs();
    const { waitMs, paidUntilMs } = pass(this.#paidUntilMs, { costBytes, nowMs }, this.#pace());
    this.#paidUntilMs = paidUntilMs;
    assertions.sometimes("a hint waited for its turn to be delivered", waitMs > 0);
    if (waitMs > 0) await this.#wait(waitMs);
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

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#environment.clock.setTimer(waitMs, () => {
        this.#waiting.delete(timer);
        resolve();
      });
      this.#waiting.set(timer, resolve);
    });
  }
}
