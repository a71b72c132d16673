/*
 * When losing data is allowed (architecture, section 8): one pure function, so that nobody excuses a loss after the fact.
 *
 * A run must come out valid where versions are ordered without losing any (dvvset, merged), clients join them without
 * dropping any (union, OR-set), and faults stay within the budget: at no moment have they destroyed the data of W or
 * more replicas not synchronised since. Nemeses keep to the budget unless told otherwise. A crash of the memory engine
 * counts as a wipe, so with W=1 the first one is beyond it.
 */

import type { Expectation, Plan } from "../run/plan.ts";

export type ExpectationInput = Pick<
  Plan,
  "versioning" | "reconcile" | "beyondBudget" | "engine" | "nemesis" | "w"
>;

export function expectationOf(plan: ExpectationInput): Expectation {
  const { versioning, reconcile, beyondBudget, engine, nemesis, w } = plan;
  if (versioning !== "dvvset" && versioning !== "merged") {
    return mayLose(`versioning ${versioning} drops concurrent writes that were acknowledged`);
  }
  if (reconcile !== "union" && reconcile !== "or-set") {
    return mayLose(`reconciler ${reconcile} keeps one of several versions`);
  }
  if (beyondBudget) {
    return mayLose("faults may destroy the data of W or more replicas");
  }
  if (engine === "memory" && nemesis.includes("crash") && w < 2) {
    return mayLose("with W=1 one crash of the memory engine destroys all acknowledged copies");
  }
  return {
    verdict: "valid",
    reason: `${versioning} with ${reconcile} loses nothing while faults spare the data of W=${w} replicas`,
  };
}

function mayLose(reason: string): Expectation {
  return { verdict: "may-lose", reason };
}
