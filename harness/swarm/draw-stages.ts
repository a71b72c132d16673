import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { WorldPlan } from "../drivers/sim/world-plan.ts";
import { chance, magnitudeBetween, wholeBetween } from "./chance.ts";

const BOUNDED_SHARE = 0.15;
const BOUND_SHARE = 0.5;

/** The world, in some seeds with stages so small that a few clients fill them: then requests wait, and are shed (D-5-3). */
export function withStages(random: SeededRandom, world: WorldPlan): WorldPlan {
  if (!chance(random, BOUNDED_SHARE)) return world;
  const drawn = {
    inFlightMax: magnitudeBetween(random, 1, 8),
    peerReadsMax: magnitudeBetween(random, 1, 8),
    peerWritesMax: magnitudeBetween(random, 1, 8),
    exchangeRequestsMax: wholeBetween(random, 1, 4),
    rowPagesMax: wholeBetween(random, 1, 4),
  };
  const stageQueueMax = wholeBetween(random, 0, 8);
  const bounds = Object.entries(drawn).filter(() => chance(random, BOUND_SHARE));
  return {
    ...world,
    settings: { ...world.settings, ...Object.fromEntries(bounds), stageQueueMax },
  };
}

/** True where a stage of clients' requests may be full: then healthy nodes refuse, and answer later than they could. */
export function mayShed({ settings }: Pick<WorldPlan, "settings">): boolean {
  const { inFlightMax, peerReadsMax, peerWritesMax } = settings;
  return (inFlightMax ?? peerReadsMax ?? peerWritesMax) !== undefined;
}
