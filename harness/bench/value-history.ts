/** Values of one key, numbered in the order in which their writes began, and what each writer had read. */
export class ValueHistory {
  readonly #readBefore: (readonly number[])[] = [];
  readonly #acknowledged: number[] = [];

  /** A write begins whose writer read these values; gives the value to write. */
  begin(read: readonly number[]): number {
    this.#readBefore.push(read);
    return this.#readBefore.length - 1;
  }

  acknowledged(value: number): void {
    this.#acknowledged.push(value);
  }

  /** True where one of the values is this one, or was written by somebody who had read it, or what comes from it. */
  comesFrom(values: readonly number[], value: number): boolean {
    return this.#ancestry(values, value).has(value);
  }

  /** How many acknowledged values none of these comes from. */
  lostBeside(values: readonly number[]): number {
    const kept = this.#ancestry(values, 0);
    return this.#acknowledged.filter((value) => !kept.has(value)).length;
  }

  /** The values and all that they come from, back to the value `oldest`: what was read is always older. */
  #ancestry(values: readonly number[], oldest: number): ReadonlySet<number> {
    const found = new Set<number>();
    const open = [...values];
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      if (value < oldest || found.has(value)) continue;
      found.add(value);
      open.push(...(this.#readBefore[value] ?? []));
    }
    return found;
  }
}
