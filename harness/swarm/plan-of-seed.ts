import { SeededRandom } from "../../src/base/seeded-random.ts";
import { chance } from "./chance.ts";
import { DENSE_FAMILIES, densePlan } from "./dense-plans.ts";
import { drawPlan } from "./draw-plan.ts";
import type { SimPlan } from "./sim-plan.ts";

const DENSE_SHARE = 0.15;

/** What a swarm runs for a seed: mostly a plan whose parts are drawn one by one, now and then one of a family. Pure. */
export function planOfSeed(seed: number): SimPlan {
  const random = new SeededRandom(seed).fork("family");
  const isDense = chance(random, DENSE_SHARE);
  const family = random.pick(DENSE_FAMILIES);
  return isDense ? densePlan(family, seed) : drawPlan(seed);
}
