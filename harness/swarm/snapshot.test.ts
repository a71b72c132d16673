import { describe, expect, test } from "vitest";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import { densePlan } from "./dense-plans.ts";
import { runSimulation } from "./run-simulation.ts";
import type { SimPlan } from "./sim-plan.ts";
import { plainPlan } from "./testing/plain-plan.ts";

/*
 * Aim: snapshots in the simulator, dense enough that a few seeds tell what is wrong with one. Method: the stories of snapshots in
 * `stories/snapshots.ts`, and clusters of other kinds; acknowledgements go on all the time, and what was taken is restored and written to
 * (`check-restore.ts`).
 */

function dense(seed: number, faults: readonly SimFault[], run: Partial<Plan> = {}): SimPlan {
  return plainPlan({
    seed,
    operations: 800,
    faults,
    snapshot: { startMs: 1_500, partitionsAtOnce: 16, leftOut: ["n1"], restoredPartitions: 31 },
    run: { nodes: 5, rate: 300, seconds: 3, carts: 40, clientsRoam: true, ...run },
  });
}

const crash = (node: string, startMs: number, endMs: number): SimFault => ({
  kind: "crash",
  startMs,
  endMs,
  node,
  power: false,
});

describe("D-6.2-8 a snapshot under writes holds all that was acknowledged, and a fresh cluster goes on from it", () => {
  test.each<readonly [string, readonly SimFault[], Partial<Plan>, { readonly hints: boolean }]>([
    ["with strict quorums", [crash("n2", 200, 4_000)], { quorum: "strict" }, { hints: false }],
    [
      "of merged vectors",
      [crash("n2", 200, 4_000)],
      { versioning: "merged", rate: 100 },
      { hints: true },
    ],
    ["of one node", [], { nodes: 1, n: 1, r: 1, w: 1 }, { hints: false }],
  ])(
    "%s",
    async (_what, faults, run, { hints }) => {
      for (const seed of [1, 2, 3]) {
        const plan = dense(seed, faults, run);
        const snapshot = { ...plan.snapshot, leftOut: run.nodes === 1 ? [] : ["n1"] };
        const { outcome } = await runSimulation({ ...plan, snapshot } as SimPlan);
        expect([seed, outcome.findings]).toEqual([seed, []]);
        if (hints) expect(outcome.reached).toHaveProperty("a snapshot was given hints");
      }
    },
    60_000,
  );

  test.each([
    ["while two nodes are down, of hints", "snapshot-of-hints"],
    ["with write buffers", "snapshot-of-buffers"],
    ["of hints that are delivered while it looks for them", "snapshot-of-delivered-hints"],
  ] as const)(
    "%s",
    async (_what, family) => {
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        const { outcome } = await runSimulation(densePlan(family, seed));
        expect([seed, outcome.findings]).toEqual([seed, []]);
        if (family !== "snapshot-of-buffers") {
          expect(outcome.reached).toHaveProperty("a snapshot was given hints");
        }
      }
    },
    60_000,
  );
});
