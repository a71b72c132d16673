/** Draws that plans are made of; every one takes the same number of words from the stream whatever comes out. */

import type { SeededRandom } from "../../src/base/seeded-random.ts";

/** True with this probability, 0 to 1. */
export function chance(random: SeededRandom, probability: number): boolean {
  return random.float() < probability;
}

/** A whole number, uniform from `low` to `high`, both included. */
export function wholeBetween(random: SeededRandom, low: number, high: number): number {
  return low + random.integer(high - low + 1);
}

/**
 * A whole number from `low` (1 or more) to `high`, its logarithm uniform: as many between 1 and 10 as between 10 and 100. For
 * what matters by its order of magnitude.
 */
export function magnitudeBetween(random: SeededRandom, low: number, high: number): number {
  return Math.min(high, Math.round(low * (high / low) ** random.float()));
}

/** Some of the items, at least `countMin`, in their order; any number of them is as likely. */
export function someOf<T>(random: SeededRandom, items: readonly T[], countMin: number): T[] {
  const count = wholeBetween(random, Math.min(countMin, items.length), items.length);
  const chosen = new Set(random.shuffle(items).slice(0, count));
  return items.filter((item) => chosen.has(item));
}
