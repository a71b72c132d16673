import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { DelayPlan } from "./world-plan.ts";

/** The minimum and an exponential tail that brings the average to the mean; exactly the minimum where the mean is not above it. */
export function drawDelayMs(random: SeededRandom, { minMs, meanMs }: DelayPlan): number {
  return meanMs > minMs ? minMs - (meanMs - minMs) * Math.log(1 - random.float()) : minMs;
}
