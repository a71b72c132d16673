import { waitMs } from "../../src/env/wait.ts";
import { tellsCausality } from "../drivers/sim/oracle/lossless.ts";
import type { Adversary } from "./adversary.ts";
import { removalsOf } from "./removals.ts";
import type { Finding } from "./sim-outcome.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/**
 * What it takes at most: a grace since the last start or the last hint, half of one to the next walk, which agrees, one to wait,
 * half of one to the walk that removes, and one more for what comes between.
 */
const GRACES = 4;
const BEYOND_MS = 5_000;
const PAUSE_MS = 500;
const REQUESTS_AFTER = 24;

/**
 * The end of deletes, when everything is whole and quiet: the tombstones that are left must go. Then clients come back, with
 * contexts of before, blind writes and deletes: nothing that was deleted may be there again, and nothing new may be lost
 * (K-12).
 */
export async function checkCollection(
  world: SimulatedWorld,
  adversary: Adversary | undefined,
): Promise<readonly Finding[]> {
  const { cluster, oracle, plan } = world;
  const { tombstoneGraceMs = 0 } = plan.world.settings;
  // In the paper's modes replicas may differ for good under one clock (K-2); then they never agree.
  const { versioning: mode, truncate } = plan.run;
  const isJudged = tellsCausality({ mode, truncated: truncate !== undefined });
  // What a ring left behind keeps tombstones for good: it may be older, and nobody takes it away.
  if (removalsOf(plan.faults).length > 0) return [];
  if (tombstoneGraceMs === 0 || oracle === undefined || !isJudged) return [];
  const { scheduler } = cluster;
  const endMs = scheduler.monotonicMs() + GRACES * tombstoneGraceMs + BEYOND_MS;
  while (oracle.tombstonesLeft.length > 0 && scheduler.monotonicMs() < endMs) {
    await waitMs(scheduler, PAUSE_MS);
  }
  const left = oracle.tombstonesLeft;
  const findings: Finding[] =
    left.length === 0
      ? []
      : [
          {
            check: "tombstones-kept",
            anomaly: "tombstones are never collected",
            detail: `${left.length} keys are nothing else, ${GRACES} times ${tombstoneGraceMs} ms after everything was whole: ${left.slice(0, 5).join(", ")}`,
          },
        ];
  if (adversary !== undefined) {
    await adversary.run(REQUESTS_AFTER);
    await adversary.readBack();
  }
  return findings;
}
