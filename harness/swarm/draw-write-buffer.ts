import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { WorldPlan } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import { chance, magnitudeBetween } from "./chance.ts";

const WRITE_BUFFER_SHARE = 0.25;
const OBJECTS_MAX = 1_000;
/** Longer than any request of a run: what is stored before was stored for its own sake, or because the buffer filled. */
const NEVER_BY_TIME_SHARE = 0.4;
const FLUSH_MS_MAX = 60_000;
/** Longer ones would leave no time between an answer that may be as late as that and one that comes too late. */
const GATHER_MS_MAX = 50;

/** Whether nodes buffer writes, and how many rows: small buffers are full all the time, the paper's never is. */
export function drawWriteBuffer(random: SeededRandom): Pick<Plan, "writeBufferObjects"> {
  const writeBufferObjects = magnitudeBetween(random, 2, OBJECTS_MAX);
  return chance(random, WRITE_BUFFER_SHARE) ? { writeBufferObjects } : {};
}

/** A world whose buffers, if there are any, are flushed as often as is drawn here, and gather what is durable for as long. */
export function withFlushes(
  random: SeededRandom,
  { writeBufferObjects }: Pick<Plan, "writeBufferObjects">,
  world: WorldPlan,
): WorldPlan {
  if (writeBufferObjects === undefined) return world;
  const drawnMs = magnitudeBetween(random, 5, 2_000);
  const writeBufferFlushMs = chance(random, NEVER_BY_TIME_SHARE) ? FLUSH_MS_MAX : drawnMs;
  const durableGatherMs = magnitudeBetween(random, 1, 1 + GATHER_MS_MAX) - 1;
  const buffer = { writeBufferFlushMs, durableGatherMs };
  return { ...world, settings: { ...world.settings, ...buffer } };
}
