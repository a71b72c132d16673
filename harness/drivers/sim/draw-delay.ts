import type { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { DelayPlan } from "./world-plan.ts";

/**
 * How long something takes this time, in milliseconds with fractions: the plan's minimum, and above it exponentially
 * distributed. Where the mean is not above the minimum nothing is drawn.
 */
export function drawDelayMs(random: SeededRandom, { minMs, meanMs }: DelayPlan): number {
  // A float is below 1, so the logarithm is finite.
  return meanMs <= minMs ? minMs : minMs - Math.log(1 - random.float()) * (meanMs - minMs);
}
