/*
 * The crash of all nodes at once, before the final reads.
 *
 * Problem: crashes come one at a time, and whoever comes back is filled again by peers who never stopped. A store that writes
 * nothing to any disk passes. Sketch: once the load is over and all is quiet, every node is killed before any is started
 * again, so that the final reads find what disks have and nothing else. Only where that must be everything: the plan has
 * crashes, the engine stores what it acknowledges, and nothing was allowed to destroy more than the budget.
 */

import type { Plan } from "../run/plan.ts";
import type { Evidence } from "./evidence.ts";
import { destroysData } from "./expects.ts";

/** Its kind of fault; no plan names it. */
export const ALL_CRASH = "all-crash";

/** True of plans whose runs must end with a crash of all nodes. */
export function endsWithAllCrash(
  plan: Pick<Plan, "nemesis" | "engine" | "writeBufferObjects" | "beyondBudget">,
): boolean {
  return plan.nemesis.includes("crash") && !plan.beyondBudget && !destroysData("crash", plan);
}

/** Why the final reads may have been answered from memory; one sentence each. That the crash bit, its proof tells like any other. */
export function allCrashDoubts({
  header,
  pairs,
  finalReads,
  settled,
  faultFile,
}: Evidence): readonly string[] {
  const crash = faultFile?.faults.findLast(({ kind }) => kind === ALL_CRASH);
  if (crash === undefined) {
    return ["All nodes never crashed at once before the final reads, so memory may have answered."];
  }
  const spared = header.nodes.filter((node) => !crash.nodes.includes(node));
  const lastNs = pairs.reduce(
    (last, { invocation, completion }) => Math.max(last, (completion ?? invocation).timeNs),
    0,
  );
  const firstReadNs = [...finalReads.values()].reduce(
    (first, { timeNs }) => Math.min(first, timeNs),
    Number.POSITIVE_INFINITY,
  );
  return [
    ...(spared.length > 0 ? [`The crash of all nodes spared ${spared.join(", ")}.`] : []),
    ...(crash.applyStartNs < lastNs ? ["The crash of all nodes came before the load's end."] : []),
    ...(crash.healedNs > firstReadNs || crash.healedNs > (settled?.timeNs ?? 0)
      ? ["The cluster did not settle after the crash of all nodes and before the final reads."]
      : []),
  ];
}
