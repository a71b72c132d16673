import type { ClientRequest } from "./key-state.ts";

/** Most examples of lost writes kept. */
const EXAMPLES_MAX = 10;

/** Acknowledged writes that are gone where the mode or the plan allows that. Nothing before the oracle has finished. */
export class AllowedLosses {
  readonly #examples: string[] = [];
  readonly #keys = new Set<string>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Keys, for people, whose writes they were. */
  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  /** A sentence for each of the first few. */
  get examples(): readonly string[] {
    return this.#examples;
  }

  note({ ask, state }: ClientRequest): void {
    this.#count += 1;
    this.#keys.add(state.name);
    if (this.#examples.length < EXAMPLES_MAX) {
      this.#examples.push(
        `Request ${ask.id} at node ${ask.node} for key ${state.name} was acknowledged, and its value is gone`,
      );
    }
  }
}
