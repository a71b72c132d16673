import { describe, expect, test } from "vitest";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import { runSimulation } from "./run-simulation.ts";
import type { SimPlan } from "./sim-plan.ts";
import { plainPlan } from "./testing/plain-plan.ts";

/*
 * Aim: the kv679 family in the simulator, dense enough that one seed tells. A node mints again where it has forgotten only if it gets
 * a write before the repair of its row: so few carts, whose clients read first, and many blind writes of the adversary, over a slow
 * disk, so that a crash takes what peers have already.
 */

const NODE = "n1";
const STARTS_MS = [1_000, 2_500, 4_000, 5_500, 7_000] as const;

function dense(seed: number, faults: readonly SimFault[]): SimPlan {
  const run = { rate: 10, seconds: 10, carts: 2, clientsRoam: true };
  const world = { diskWrite: { minMs: 5, meanMs: 30 } };
  return {
    ...plainPlan({ seed, operations: 100, run, world, faults }),
    adversaryRequests: 500,
  };
}

const CRASHES = STARTS_MS.map(
  (startMs): SimFault => ({
    kind: "crash",
    startMs,
    endMs: startMs + 300,
    node: NODE,
    power: false,
  }),
);
const RESTARTS = STARTS_MS.map(
  (startMs): SimFault => ({ kind: "restart", startMs, endMs: startMs + 600, node: NODE }),
);
/** A backup of the stopped node comes back three times over later lives. */
const BACKUPS: readonly SimFault[] = [
  { kind: "restart", startMs: 1_000, endMs: 2_200, node: NODE },
  ...[4_000, 6_000, 8_000].map(
    (startMs): SimFault => ({
      kind: "restore",
      startMs,
      endMs: startMs + 300,
      node: NODE,
      snapshotMs: 2_199,
    }),
  ),
];
const FULL_DISKS: readonly SimFault[] = [
  { kind: "full-disk", startMs: 1_000, endMs: 1_500, node: NODE },
  { kind: "restart", startMs: 2_500, endMs: 3_300, node: NODE },
  { kind: "full-disk", startMs: 4_000, endMs: 4_500, node: NODE },
  { kind: "restart", startMs: 5_500, endMs: 6_300, node: NODE },
];

describe("D-4.4-11, K-6, K-7 no dot twice and nothing lost, while an incarnation", () => {
  test.each([
    ["is replaced after crashes", CRASHES, { goesOn: false, refused: false }],
    ["goes on over restarts", RESTARTS, { goesOn: true, refused: false }],
    ["is replaced where a backup comes back", BACKUPS, { goesOn: true, refused: true }],
    ["is replaced after lost writes", FULL_DISKS, { goesOn: false, refused: false }],
  ])(
    "%s",
    async (_what, faults, expected) => {
      for (const seed of [1, 5]) {
        const { outcome } = await runSimulation(dense(seed, faults));
        expect([seed, outcome.findings, outcome.verdict]).toEqual([seed, [], "valid"]);
        expect({
          goesOn: "a life went on with an incarnation" in outcome.reached,
          refused: "a peer did not vouch for a life" in outcome.reached,
        }).toEqual(expected);
      }
    },
    60_000,
  );
});
