import type { SeededRandom } from "../../src/base/seeded-random.ts";

/** A number, uniform in [from, to). */
export function between(random: SeededRandom, from: number, to: number): number {
  return from + random.float() * (to - from);
}
