import type { DenseFamily } from "./dense-plans.ts";
import {
  CHANGE_FAMILIES,
  densePlan,
  FIRST_FAMILIES,
  FULL_FAMILIES,
  LATER_FAMILIES,
  MEMBER_FAMILIES,
  MOVING_FAMILIES,
} from "./dense-plans.ts";
import { drawPlan } from "./draw-plan.ts";
import type { SimPlan } from "./sim-plan.ts";

/** Seeds that leave `rest` when divided by `every` have one of the families, in turn. */
interface Turns {
  readonly every: number;
  readonly rest: number;
  readonly families: readonly DenseFamily[];
}

/** Later families have seeds of their own, so that all others keep the plans that they had. */
const TURNS: readonly Turns[] = [
  { every: 5, rest: 0, families: FIRST_FAMILIES },
  { every: 20, rest: 7, families: LATER_FAMILIES },
  { every: 20, rest: 13, families: MOVING_FAMILIES },
  { every: 40, rest: 39, families: FULL_FAMILIES },
  { every: 100, rest: 61, families: MEMBER_FAMILIES },
  { every: 20, rest: 18, families: CHANGE_FAMILIES },
];

/** What a swarm runs for a seed: mostly a plan whose parts are drawn one by one, and where it is a family's turn a fixed story. Pure. */
export function planOfSeed(seed: number): SimPlan {
  const family = familyOfSeed(seed);
  return family === undefined ? drawPlan(seed) : densePlan(family, seed);
}

/** The family whose turn it is; undefined where it is none's. Pure. */
export function familyOfSeed(seed: number): DenseFamily | undefined {
  const turns = TURNS.find(({ every, rest }) => seed % every === rest);
  return turns?.families[Math.floor(seed / turns.every) % turns.families.length];
}
