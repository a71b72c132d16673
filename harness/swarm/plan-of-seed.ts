import { DENSE_FAMILIES, densePlan } from "./dense-plans.ts";
import { drawPlan } from "./draw-plan.ts";
import type { SimPlan } from "./sim-plan.ts";

/** One seed in so many has a fixed story. */
const DENSE_EVERY = 5;

/** What a swarm runs for a seed: mostly a plan whose parts are drawn one by one, and each fifth time one of the families, in turn. Pure. */
export function planOfSeed(seed: number): SimPlan {
  const family = DENSE_FAMILIES[Math.floor(seed / DENSE_EVERY) % DENSE_FAMILIES.length];
  return family !== undefined && seed % DENSE_EVERY === 0
    ? densePlan(family, seed)
    : drawPlan(seed);
}
