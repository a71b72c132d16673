import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { SimFault, WorldPlan } from "../drivers/sim/world-plan.ts";
import { chance, magnitudeBetween } from "./chance.ts";

const ROW_CACHE_SHARE = 0.4;
/** From a few rows, which push each other out all the time, to more than a run ever has. */
const SIZE_BYTES = [4_000, 4_000_000] as const;

/**
 * A world whose nodes keep what they read, or not. Not where a disk damages what it has: what a replica acknowledges of a row that it knows
 * from memory (a repeat or a hint that adds nothing, until the next pass over all rows) an oracle that looks at disks takes for a copy that
 * is not there; `damaged-rows.test.ts` has both, and so have plans in which nothing is repeated (`stories/damage.ts`).
 */
export function withRowCache(
  random: SeededRandom,
  world: WorldPlan,
  faults: readonly SimFault[],
): WorldPlan {
  const rowCacheBytes = magnitudeBetween(random, ...SIZE_BYTES);
  if (!chance(random, ROW_CACHE_SHARE)) return world;
  if (faults.some(({ kind }) => kind === "corrupt")) return world;
  return { ...world, settings: { ...world.settings, rowCacheBytes } };
}
