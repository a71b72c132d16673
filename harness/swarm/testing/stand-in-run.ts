/**
 * A run module without a simulator, for tests of what stands around one: deterministic, and wrong in ways that the plan
 * asks for. A number of carts of 1,000 and more is a command; anything else runs and finds nothing.
 */

import { utf8Bytes } from "../../../src/base/bytes.ts";
import { sha256 } from "../../../src/base/hash.ts";
import type { RunOptions, SimulatedRun } from "../run-contract.ts";
import type { Finding } from "../sim-outcome.ts";
import type { SimPlan } from "../sim-plan.ts";

export const HANG_STILL = 1_000;
export const HANG_MOVING = 1_001;
export const HANG_WAITING = 1_002;
export const THROW = 1_003;
export const UNCAUGHT = 1_004;
export const OUT_OF_MEMORY = 1_005;
export const EXIT = 1_006;
/** Another history at every run. */
export const UNSTEADY = 1_007;

let runs = 0;

export async function runSimulation(
  plan: SimPlan,
  options: RunOptions = {},
): Promise<SimulatedRun> {
  runs += 1;
  options.onState?.({ virtualMs: 12, events: 34, description: "about to start" });
  await misbehave(plan, options);
  const unsteady = plan.run.carts === UNSTEADY ? runs : 0;
  const history = `${JSON.stringify({ seed: plan.seed, faults: plan.faults, unsteady })}\n`;
  return {
    outcome: {
      plan,
      verdict: "valid",
      reasons: [],
      findings: findingsOf(plan),
      historySha256: Buffer.from(sha256(utf8Bytes(history))).toString("hex"),
      operations: { attempted: 10, ok: 8, fail: 1, info: 1 },
      lost: 0,
      forgottenRepeats: 0,
      requests: 20,
      virtualMs: plan.run.seconds * 1_000,
      events: 100,
      faults: Object.fromEntries(plan.faults.map(({ kind }) => [kind, 1])),
      reached: { "a point": 1 },
    },
    history,
    header: {
      format: "ringside-history",
      version: 1,
      workload: "shopping-cart",
      seed: plan.seed,
      nodes: ["n1"],
    },
    lines: [],
    trace: undefined,
    logs: new Map(),
    stateDump: "nothing\n",
  };
}

/** "A bug": it takes a crash of n1 and a pause of n1, in any order, and three operations. */
function findingsOf({ faults, operations, seed }: SimPlan): readonly Finding[] {
  const has = (kind: string) =>
    faults.some((fault) => fault.kind === kind && "node" in fault && fault.node === "n1");
  return has("crash") && has("pause") && operations >= 3
    ? [{ check: "planted", anomaly: "a crash and a pause", detail: `seed ${seed}`, timeMs: 5 }]
    : [];
}

async function misbehave({ run }: SimPlan, { stop }: RunOptions): Promise<void> {
  switch (run.carts) {
    case HANG_STILL:
      for (;;);
    case HANG_MOVING:
      for (;;) stop?.();
    case HANG_WAITING:
      return new Promise(() => {});
    case THROW:
      throw new RangeError("Cannot go on: 17 is odd");
    case UNCAUGHT:
      setTimeout(() => {
        throw new TypeError("nobody catches this of n3");
      }, 1);
      return new Promise(() => {});
    case OUT_OF_MEMORY: {
      const kept: unknown[] = [];
      for (;;) kept.push({ at: kept.length, more: [1, 2, 3] });
    }
    case EXIT:
      process.exit(3);
  }
}
