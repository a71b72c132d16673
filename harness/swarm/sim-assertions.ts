import type { Assertions } from "../../src/env/assertions.ts";
import type { Finding } from "./sim-outcome.ts";

/** Counts the points of the store's assertion catalogue that a run reaches; one that must always hold and does not is a finding. */
export class SimAssertions implements Assertions {
  readonly #nowMs: () => number;
  readonly #reached = new Map<string, number>();
  readonly #failed = new Map<string, Finding>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get findings(): readonly Finding[] {
    return [...this.#failed.values()];
  }

  get reached(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#reached);
  }

  always(point: string, holds: boolean): void {
    this.#count(point);
    if (holds || this.#failed.has(point)) return;
    this.#failed.set(point, {
      check: "assertion",
      anomaly: point,
      detail: `The store's own assertion did not hold: ${point}`,
      timeMs: this.#nowMs(),
    });
  }

  sometimes(point: string, holds: boolean): void {
    if (holds) this.#count(point);
  }

  reachable(point: string): void {
    this.#count(point);
  }

  #count(point: string): void {
    this.#reached.set(point, (this.#reached.get(point) ?? 0) + 1);
  }
}
