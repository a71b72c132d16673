import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { Plan } from "../run/plan.ts";
import { chance } from "./chance.ts";

const OWNERS_SHARE = 0.4;

/** In some seeds the workload's clients know the ring and go to a key's nodes themselves (D-4.5-1). */
export function drawClientRouting(random: SeededRandom): Pick<Plan, "clientRouting"> {
  return chance(random, OWNERS_SHARE) ? { clientRouting: "owners" } : {};
}
