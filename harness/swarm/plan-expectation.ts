import type { Durability as ProcessDurability } from "../checker/expects.ts";
import { expectationOf, destroysData as processDestroysData } from "../checker/expects.ts";
import type { SimFault, WorldPlan } from "../drivers/sim/world-plan.ts";
import { withinBudget, worstDestruction } from "../nemesis/fault-budget.ts";
import type { Plan } from "../run/plan.ts";
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
  const events = destructions(faults, { ...run, sync: world.sync });
  const given = { ...run, beyondBudget: !withinBudget(events, run.w) };
  return {
    ...given,
    expects: expectationOf({ ...given, replicasDestroyed: worstDestruction(events) }),
  };
}

/** On how many nodes the plan's faults destroy acknowledged data. */
export function nodesDestroyed({ run, world, faults }: SimPlan): number {
  return worstDestruction(destructions(faults, { ...run, sync: world.sync }));
}

/** The nodes on which the plan's faults destroy acknowledged data. */
export function destroyedNodes({ run, world, faults }: SimPlan): ReadonlySet<string> {
  const events = destructions(faults, { ...run, sync: world.sync });
  return new Set(events.map(({ node }) => node));
}

/** True where the fault takes acknowledged data from its node. */
export function destroysData(fault: SimFault, durability: Durability): boolean {
  switch (fault.kind) {
    case "crash":
      return processDestroysData("crash", durability) || (fault.power && !durability.sync);
    case "restart":
      return processDestroysData("restart", durability);
    case "wipe":
    case "restore":
    case "corrupt":
      return true;
    default:
      return false;
  }
}

function destructions(faults: readonly SimFault[], durability: Durability) {
  return faults.flatMap((fault) =>
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
