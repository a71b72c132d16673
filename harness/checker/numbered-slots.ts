/**
 * Slots in a row, each with a number or empty, that tell the least number of all and the next slot that is not empty: a binary tree in which
 * each place holds the less of the two below it, so that a change costs its height.
 */
export class NumberedSlots {
  /** Slot `i` is at `#width + i`, its parent at half of that, the root at 1. */
  readonly #tree: Float64Array;
  readonly #width: number;

  constructor(slots: number) {
    this.#width = 2 ** Math.ceil(Math.log2(Math.max(slots, 1)));
    this.#tree = new Float64Array(2 * this.#width).fill(EMPTY);
  }

  /** Infinite where all are empty. */
  get least(): number {
    return this.#at(1);
  }

  has(slot: number): boolean {
    return this.#at(this.#width + slot) !== EMPTY;
  }

  set(slot: number, number: number): void {
    let place = this.#width + slot;
    this.#tree[place] = number;
    for (place >>= 1; place > 0; place >>= 1) {
      this.#tree[place] = Math.min(this.#at(2 * place), this.#at(2 * place + 1));
    }
  }

  clear(slot: number): void {
    this.set(slot, EMPTY);
  }

  /** The first slot from this one on that is not empty. */
  nextFrom(slot: number): number | undefined {
    if (slot >= this.#width) return undefined;
    let place = this.#width + slot;
    // Up to where something is to the right, then down to the leftmost of that.
    while (this.#at(place) === EMPTY) {
      while (place % 2 === 1) place >>= 1;
      if (place === 0) return undefined;
      place += 1;
    }
    while (place < this.#width) place = 2 * place + (this.#at(2 * place) === EMPTY ? 1 : 0);
    return place - this.#width;
  }

  #at(place: number): number {
    return this.#tree[place] ?? EMPTY;
  }
}

const EMPTY = Number.POSITIVE_INFINITY;
