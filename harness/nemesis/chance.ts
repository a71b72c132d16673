import type { Random } from "../../src/env/random.ts";

/** A copy in random order: sorted by a random rank. */
export function shuffled<T>(random: Random, items: readonly T[]): readonly T[] {
  const order = items.map((item) => ({ item, rank: random.float() }));
  order.sort((left, right) => left.rank - right.rank);
  return order.map((entry) => entry.item);
}

/** One of the items; throws RangeError where there is none. */
export function picked<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random.float() * items.length)];
  if (item === undefined) throw new RangeError("Cannot pick an item: there is none");
  return item;
}

/** A number, uniform in [from, to). */
export function between(random: Random, from: number, to: number): number {
  return from + random.float() * (to - from);
}
