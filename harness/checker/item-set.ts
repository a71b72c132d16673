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
    return ((this.#wordOf(number) >>> (number % 32)) & 1) === 1;
  }

  add(number: number): void {
    this.#words[number >>> 5] = this.#wordOf(number) | (1 << (number % 32));
  }

  delete(number: number): void {
    this.#words[number >>> 5] = this.#wordOf(number) & ~(1 << (number % 32));
  }

  /** Adds what the other, of the same bound, holds. */
  unite({ words }: { readonly words: Uint32Array }): void {
    for (let at = 0; at < words.length; at += 1) {
      this.#words[at] = (this.#words[at] as number) | (words[at] as number);
    }
  }

  /** Takes out what the other, of the same bound, holds. */
  subtract({ words }: { readonly words: Uint32Array }): void {
    for (let at = 0; at < words.length; at += 1) {
      this.#words[at] = (this.#words[at] as number) & ~(words[at] as number);
    }
  }

  get words(): Uint32Array {
    return this.#words;
  }

  /** The smallest number that is here and not in the other, of the same bound; undefined where there is none. */
  firstBeyond({ words }: { readonly words: Uint32Array }): number | undefined {
    for (let at = 0; at < words.length; at += 1) {
      const beyond = (this.#words[at] as number) & ~(words[at] as number);
      if (beyond !== 0) return 32 * at + (31 - Math.clz32(beyond & -beyond));
    }
    return undefined;
  }

  #wordOf(number: number): number {
    return this.#words[number >>> 5] ?? 0;
  }
}
