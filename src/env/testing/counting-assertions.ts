import { AssertionError } from "../../base/assert.ts";
import type { Assertions } from "../assertions.ts";
import type { AlwaysPoint, ReachablePoint, SometimesPoint } from "../catalogue.ts";

/** Counts how often each point was reached, and throws AssertionError when an `always` does not hold. */
export class CountingAssertions implements Assertions {
  readonly #counts = new Map<string, number>();

  always(point: AlwaysPoint, holds: boolean): void {
    this.#count(point);
    if (!holds) throw new AssertionError(`Cannot go on: it does not hold that ${point}`);
  }

  sometimes(point: SometimesPoint, holds: boolean): void {
    if (holds) this.#count(point);
  }

  reachable(point: ReachablePoint): void {
    this.#count(point);
  }

  /** How often the point was reached; for an `always`, how often it was asked. */
  countOf(point: AlwaysPoint | SometimesPoint | ReachablePoint): number {
    return this.#counts.get(point) ?? 0;
  }

  #count(point: string): void {
    this.#counts.set(point, this.countOf(point as AlwaysPoint) + 1);
  }
}
