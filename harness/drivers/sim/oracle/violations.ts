import type { Violation } from "../observer.ts";

/** Most violations kept; a broken store breaks the same rule over and over. */
const VIOLATIONS_MAX = 50;

/** What the checks found, in the order in which it happened. All are counted, the first ones are kept. */
export class Violations {
  readonly #nowMs: () => number;
  readonly #first: Violation[] = [];
  #count = 0;

  /** `nowMs` gives the virtual time. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get first(): readonly Violation[] {
    return this.#first;
  }

  get count(): number {
    return this.#count;
  }

  /** `found` gives the rest only where it is kept: a sentence with values is dear. */
  report(check: string, found: () => Omit<Violation, "check" | "timeMs">): void {
    this.#count += 1;
    if (this.#first.length < VIOLATIONS_MAX) {
      this.#first.push({ check, timeMs: this.#nowMs(), ...found() });
    }
  }
}
