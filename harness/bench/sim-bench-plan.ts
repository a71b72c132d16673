import { CALM_WORLD } from "../drivers/sim/calm-world.ts";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import { judged } from "../swarm/plan-expectation.ts";
import type { SimPlan } from "../swarm/sim-plan.ts";

const RATE_PER_SECOND = 500;
/** Time for what is left over when the operations that a Poisson clock spreads take longer than their mean. */
const SPARE_SECONDS = 5;

/** A fixed run of `operations` cart operations: N=3 R=2 W=2 on 5 nodes, a synced disk, three faults early on. */
export function simBenchPlan(operations: number): SimPlan {
  const run: Omit<Plan, "beyondBudget" | "expects"> = {
    format: "ringside-plan",
    version: 1,
    workload: "shopping-cart",
    cluster: "sim",
    nodes: 5,
    n: 3,
    r: 2,
    w: 2,
    partitions: 64,
    quorum: "sloppy",
    versioning: "dvvset",
    reconcile: "union",
    engine: "lmdb",
    nemesis: ["none"],
    rate: RATE_PER_SECOND,
    clients: 20,
    carts: 100,
    clientsRoam: false,
    seconds: Math.ceil(operations / RATE_PER_SECOND) + SPARE_SECONDS,
    seed: 1,
    toxiproxyUrl: undefined,
    slo: undefined,
  };
  return {
    format: "ringside-sim-plan",
    version: 1,
    seed: run.seed,
    run: judged(run, CALM_WORLD, FAULTS),
    operations,
    world: CALM_WORLD,
    faults: FAULTS,
    core: [],
  };
}

const FAULTS: readonly SimFault[] = [
  {
    kind: "cut",
    method: "black-hole",
    startMs: 1_000,
    endMs: 3_000,
    links: ["n3", "n4", "n5"].flatMap((other) => [
      { from: "n1", to: other },
      { from: other, to: "n1" },
    ]),
  },
  { kind: "crash", startMs: 4_000, endMs: 5_000, node: "n2", power: true },
  { kind: "pause", startMs: 6_000, endMs: 6_500, node: "n3" },
];
