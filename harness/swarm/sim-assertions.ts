import type { Assertions } from "../../src/env/assertions.ts";
import type { Finding } from "./sim-outcome.ts";

/** Counts the points of the store's assertion catalogue that a run reaches; one that must always hold and does not is a finding. */
export class SimAssertions implements Assertions {
  readonly #nowMs: () => number;
  readonly #reached = new Map<string, { count: number }>();
  readonly #failed = new Map<string, Finding>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get findings(): readonly Finding[] {
    return [...this.#failed.values()];
  }

  get reached(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#reached].map(([point, { count }]) => [point, count]));
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
    // A cell is found once and moved in place: points are passed dozens of times in a request.
    const cell = this.#reached.get(point);
    if (cell === undefined) this.#reached.set(point, { count: 1 });
    else cell.count += 1;
  }
}
