/** Which items of a cart there are, by numbers below a bound that is known before: a bit each, so that copies and unions of thousands cost little. */
export class ItemSet {
  readonly #words: Uint32Array;

  private constructor(words: Uint32Array) {
    this.#words = words;
  }

  /** Empty, for the numbers from 0 to `count - 1`. */
  static of(count: number): ItemSet {
    return new ItemSet(new Uint32Array(Math.ceil(count / 32)));
  }

  copy(): ItemSet {
    return new ItemSet(this.#words.slice());
  }

  has(number: number): boolean {
    return ((this.#word(number >>> 5) >>> (number % 32)) & 1) === 1;
  }

  add(number: number): void {
    this.#words[number >>> 5] = this.#word(number >>> 5) | (1 << (number % 32));
  }

  delete(number: number): void {
    this.#words[number >>> 5] = this.#word(number >>> 5) & ~(1 << (number % 32));
  }

  /** Adds what the other, of the same bound, holds. */
  unite(other: ItemSet): void {
    for (let at = 0; at < this.#words.length; at += 1) {
      this.#words[at] = this.#word(at) | other.#word(at);
    }
  }

  /** Takes out what the other, of the same bound, holds. */
  subtract(other: ItemSet): void {
    for (let at = 0; at < this.#words.length; at += 1) {
      this.#words[at] = this.#word(at) & ~other.#word(at);
    }
  }

  /** The smallest number that is here and not in the other, of the same bound; undefined where there is none. */
  firstBeyond(other: ItemSet): number | undefined {
    for (let at = 0; at < this.#words.length; at += 1) {
      const beyond = this.#word(at) & ~other.#word(at);
      if (beyond !== 0) return 32 * at + (31 - Math.clz32(beyond & -beyond));
    }
    return undefined;
  }

  #word(at: number): number {
    return this.#words[at] ?? 0;
  }
}
