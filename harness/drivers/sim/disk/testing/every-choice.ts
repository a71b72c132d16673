import type { SeededRandom } from "../../../../../src/base/seeded-random.ts";

/**
 * Chance that takes every choice there is, one combination a round: a test that draws from it until `next` is false has seen
 * all that can happen. The number of draws may depend on what was drawn before. Of long ranges beyond the first two draws only
 * the ends are taken, or the rounds would be too many.
 */
export class EveryChoice {
  readonly #choices: { chosen: number; readonly count: number }[] = [];
  #at = 0;

  /** To be handed to code that draws whole numbers and picks, and nothing else. */
  get random(): SeededRandom {
    return {
      integer: (below: number) => this.#draw(below),
      pick: <T>(list: readonly T[]) => list[this.#draw(list.length)],
    } as unknown as SeededRandom;
  }

  /** Begins the next round; false where there is none. */
  next(): boolean {
    this.#at = 0;
    for (let last = this.#choices.at(-1); last !== undefined; last = this.#choices.at(-1)) {
      if (last.chosen + 1 < last.count) {
        last.chosen += 1;
        return true;
      }
      this.#choices.pop();
    }
    return false;
  }

  #draw(below: number): number {
    const isEnds = this.#at >= WHOLE_DRAWS && below > 2;
    const count = isEnds ? 2 : below;
    const choice = this.#choices[this.#at] ?? { chosen: 0, count };
    this.#choices[this.#at] = choice;
    this.#at += 1;
    return isEnds && choice.chosen === 1 ? below - 1 : choice.chosen;
  }
}

/** How many groups survive, what becomes of the first that does not, and where in it. */
const WHOLE_DRAWS = 3;
