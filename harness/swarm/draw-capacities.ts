import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { WorldPlan } from "../drivers/sim/world-plan.ts";
import { chance, wholeBetween } from "./chance.ts";

const SHARE = 0.3;
const CAPACITY_MAX = 8;

/** In some seeds nodes can do unlike amounts of work, and say so. */
export function withCapacities(
  random: SeededRandom,
  nodes: readonly string[],
  world: WorldPlan,
): WorldPlan {
  if (!chance(random, SHARE)) return world;
  const capacities = nodes.map((node) => [node, wholeBetween(random, 1, CAPACITY_MAX)] as const);
  return { ...world, capacities: Object.fromEntries(capacities) };
}
