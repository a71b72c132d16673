/*
 * When losing data is allowed (architecture, section 8): one pure function, so that nobody excuses a loss after the fact.
 *
 * A run must come out valid where versions are ordered without losing any (dvvset, merged), clients join them without
 * dropping any (union, OR-set), and faults stay within the budget: at no moment have they destroyed the data of W or
 * more replicas not synchronised since. Nemeses keep to the budget unless told otherwise. A crash of the memory engine
 * counts as a wipe, so with W=1 the first one is beyond it. Where a plan lists its faults one by one, as a simulated one
 * does, it is known how many replicas they destroy, and that number decides.
 */

import type { Expectation, Plan } from "../run/plan.ts";

export interface ExpectationInput
  extends Pick<Plan, "versioning" | "reconcile" | "beyondBudget" | "engine" | "nemesis" | "w"> {
  /**
   * The most replicas whose data the planned faults destroy before they are synchronised again; undefined where only the
   * kinds of faults are known.
   */
  readonly replicasDestroyed?: number;
}

export function expectationOf(plan: ExpectationInput): Expectation {
  const { versioning, reconcile } = plan;
  if (versioning !== "dvvset" && versioning !== "merged") {
    return mayLose(`versioning ${versioning} drops concurrent writes that were acknowledged`);
  }
  if (reconcile !== "union" && reconcile !== "or-set") {
    return mayLose(`reconciler ${reconcile} keeps one of several versions`);
  }
  const destruction = destructionOf(plan);
  if (destruction !== undefined) return mayLose(destruction);
  return {
    verdict: "valid",
    reason: `${versioning} with ${reconcile} loses nothing while faults spare the data of W=${plan.w} replicas`,
  };
}

/** Why faults may destroy all copies of an acknowledged write; undefined where they cannot. */
function destructionOf(plan: ExpectationInput): string | undefined {
  const { replicasDestroyed, beyondBudget, engine, nemesis, w } = plan;
  if (replicasDestroyed !== undefined) {
    if (replicasDestroyed < w) return undefined;
    return `faults destroy the data of ${replicasDestroyed} replicas, W=${w} or more`;
  }
  if (beyondBudget) return "faults may destroy the data of W or more replicas";
  if (engine === "memory" && nemesis.includes("crash") && w < 2) {
    return "with W=1 one crash of the memory engine destroys all acknowledged copies";
  }
  return undefined;
}

function mayLose(reason: string): Expectation {
  return { verdict: "may-lose", reason };
}
