import type { Durability as ProcessDurability } from "../checker/expects.ts";
import { expectationOf, destroysData as processDestroysData } from "../checker/expects.ts";
import { nodeNames } from "../cluster/node-names.ts";
import type { SimFault, WorldPlan } from "../drivers/sim/world-plan.ts";
import { worstDestruction } from "../nemesis/fault-budget.ts";
import type { Expectation, Plan } from "../run/plan.ts";
import { holdersLeftOut, removalsOf, restartsWith } from "./removals.ts";
import type { SimPlan } from "./sim-plan.ts";

/** The part of a cluster that decides what a fault destroys. */
export interface Durability extends ProcessDurability {
  readonly sync: boolean;
}

/** The plan with these faults, and what a run of it must come out as: computed, so that no plan excuses itself. */
export function withFaults(plan: SimPlan, faults: readonly SimFault[]): SimPlan {
  return { ...plan, faults, run: judged(plan.run, plan.world, faults) };
}

/** The cluster's part of a plan with `beyondBudget` and `expects` as its faults make them. */
export function judged(
  run: Omit<Plan, "beyondBudget" | "expects">,
  world: WorldPlan,
  faults: readonly SimFault[],
): Plan {
  const given = { ...run, beyondBudget: nodesDestroyed({ run, world, faults }) >= run.w };
  const expects =
    removalsOf(faults).length > 0 ? UNJUDGED : expected({ run: given, world, faults });
  return { ...given, expects };
}

/** A history tells neither who owned a key when nor who is a member. */
const UNJUDGED: Expectation = {
  verdict: "may-lose",
  reason: "a node leaves a static ring, and what that loses the history alone does not tell",
};

/** True where a run of the plan loses no write that W nodes acknowledged, as far as whoever sees all of it can tell. */
export function losesNothing(plan: SimPlan): boolean {
  return expected(plan).verdict === "valid";
}

function expected({
  run,
  ...others
}: DestructivePlan & { readonly run: Omit<Plan, "expects"> }): Expectation {
  const replicasDestroyed = nodesDestroyed({ run, ...others });
  return expectationOf({ ...run, replicasDestroyed });
}

/** On how many nodes that had a write the plan's faults destroy it, or leave it behind. */
export function nodesDestroyed(plan: DestructivePlan): number {
  return worstDestruction(destructions(plan)) + holdersLeftOut(plan.run, plan.faults);
}

/** The nodes on which the plan's faults destroy acknowledged data. */
export function destroyedNodes(plan: SimPlan): ReadonlySet<string> {
  return new Set(destructions(plan).map(({ node }) => node));
}

/** True where the fault takes acknowledged data from its node. */
export function destroysData(fault: SimFault, durability: Durability): boolean {
  switch (fault.kind) {
    case "crash":
      return processDestroysData("crash", durability) || (fault.power && !durability.sync);
    case "failed-disk":
      return processDestroysData("crash", durability);
    case "restart":
      return processDestroysData("restart", durability);
    case "wipe":
    case "remove":
    case "restore":
    case "corrupt":
      return true;
    default:
      return false;
  }
}

/** What of a plan decides what is destroyed. */
type DestructivePlan = Pick<SimPlan, "world" | "faults"> & {
  readonly run: Omit<Plan, "beyondBudget" | "expects">;
};

function destructions({ run, world, faults }: DestructivePlan) {
  const durability = { ...run, sync: world.sync };
  const parts = faults.flatMap((fault) => [fault, ...restartsWith(fault, nodeNames(run.nodes))]);
  return parts.flatMap((fault) =>
    "node" in fault &&
    (destroysData(fault, durability) || losesItsBuffer(fault, faults, durability))
      ? [{ node: fault.node, what: "destroyed" as const }]
      : [],
  );
}

/** A node that stops in order stores its buffer, unless its disk is full then. */
function losesItsBuffer(
  fault: SimFault,
  faults: readonly SimFault[],
  { writeBufferObjects = 0 }: Durability,
): boolean {
  return (
    fault.kind === "restart" &&
    writeBufferObjects > 0 &&
    faults.some((other) => other.kind === "full-disk" && other.node === fault.node)
  );
}
