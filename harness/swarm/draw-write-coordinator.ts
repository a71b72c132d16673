import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { WorldPlan } from "../drivers/sim/world-plan.ts";
import { chance } from "./chance.ts";

const OTHER_SHARE = 0.4;

/** The world, in some seeds with another choice of who coordinates a write than the default. */
export function withWriteCoordinator(random: SeededRandom, world: WorldPlan): WorldPlan {
  if (!chance(random, OTHER_SHARE)) return world;
  const writeCoordinator = random.pick(["first-owner", "fastest-reader"] as const);
  return { ...world, settings: { ...world.settings, writeCoordinator } };
}
