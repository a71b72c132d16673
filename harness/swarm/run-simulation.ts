/**
 * One simulated run, from its plan to its outcome. Everything descends from the plan's seed; the same plan gives the same bytes.
 */

import { SimulationStuckError } from "../drivers/sim/scheduler.ts";
import { checkRestore } from "./check-restore.ts";
import { concludeRun } from "./conclude-run.ts";
import type { RunOptions, SimulatedRun } from "./run-contract.ts";
import { runPhases } from "./run-phases.ts";
import type { SimPlan } from "./sim-plan.ts";
import { SimulatedWorld } from "./simulated-world.ts";

/** Virtual time beyond the load that a run may take: settling, liveness and read-back are all bounded below it. */
const AFTER_LOAD_MS_MAX = 400_000;
/** The load itself may be late by its own length. */
const LOAD_STRETCH_MAX = 2;

/** Rejects only where the plan itself cannot be run. What goes wrong in the run is a finding. */
export async function runSimulation(
  plan: SimPlan,
  { trace, stop, onState }: RunOptions = {},
): Promise<SimulatedRun> {
  const world = new SimulatedWorld(plan, { trace });
  const { scheduler } = world.cluster;
  let description = "starting";
  const phases = () =>
    runPhases(world, (phase) => {
      description = phase;
    });
  const isStopped = (): boolean => {
    onState?.({ virtualMs: world.nowMs(), events: scheduler.eventCount, description });
    return stop?.() === true;
  };
  const untilMs = 1_000 * LOAD_STRETCH_MAX * plan.run.seconds + AFTER_LOAD_MS_MAX;
  const onRejection = (reason: unknown): void => world.crashed("unknown", reason);
  process.on("unhandledRejection", onRejection);
  try {
    await scheduler.run(phases(), { untilMs, stop: isStopped });
  } catch (error) {
    if (!(error instanceof SimulationStuckError)) throw error;
    world.findings.push({ check: "stuck", anomaly: error.message, detail: world.dump() });
  } finally {
    process.off("unhandledRejection", onRejection);
  }
  if (world.archive !== undefined)
    world.findings.push(...(await checkRestore(plan, world.archive)));
  return concludeRun(world);
}
