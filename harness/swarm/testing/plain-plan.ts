import { CALM_WORLD } from "../../drivers/sim/calm-world.ts";
import type { WorldPlan } from "../../drivers/sim/world-plan.ts";
import type { Plan } from "../../run/plan.ts";
import { drawPlan } from "../draw-plan.ts";
import { judged } from "../plan-expectation.ts";
import type { SimPlan } from "../sim-plan.ts";

export interface PlainPlanOptions
  extends Partial<Pick<SimPlan, "seed" | "operations" | "snapshot" | "faults" | "core">> {
  readonly run?: Partial<Plan>;
  readonly world?: Partial<WorldPlan>;
}

/** A short run of three nodes (N=3, R=W=2, synced disks) in a calm world, without faults: about 100 operations. */
export function plainPlan(options: PlainPlanOptions = {}): SimPlan {
  const { seed = 7, operations = 100, snapshot, faults = [], core = [] } = options;
  const world = { ...CALM_WORLD, ...options.world };
  const {
    truncate: _rule,
    clockEntriesMax: _threshold,
    datacenters: _placed,
    clientRouting: _routing,
    ...drawn
  } = drawPlan(seed).run;
  const run: Plan = {
    ...drawn,
    nodes: 3,
    n: 3,
    r: 2,
    w: 2,
    partitions: 16,
    quorum: "sloppy",
    versioning: "dvvset",
    reconcile: "union",
    engine: "lmdb",
    clientsRoam: false,
    rate: 100,
    seconds: 1,
    clients: 6,
    carts: 3,
    ...options.run,
  };
  const { snapshot: _snapshot, ...others } = drawPlan(seed);
  const taken = snapshot === undefined ? {} : { snapshot };
  const plan = { ...others, ...taken, operations, world, faults, core };
  return { ...plan, run: judged(run, world, faults) };
}
