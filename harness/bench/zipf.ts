import type { SeededRandom } from "../../src/base/seeded-random.ts";

/** Draws ranks from 0 on, below `count`: rank k with a probability in proportion to 1 / (k + 1)^exponent. */
export class Zipf {
  /** Of each rank, the probability that a draw is at most it. */
  readonly #upTo: readonly number[];

  constructor(count: number, exponent: number) {
    const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let sum = 0;
    this.#upTo = weights.map((weight) => {
      sum += weight / total;
      return sum;
    });
  }

  draw(random: SeededRandom): number {
    const drawn = random.float();
    let low = 0;
    let high = this.#upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#upTo[middle] ?? 1) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
