import { join } from "node:path";
import { CALM_WORLD } from "../drivers/sim/calm-world.ts";
import { SimCluster } from "../drivers/sim/sim-cluster.ts";
import { bufferedFolder } from "../run/buffered-folder.ts";
import type { Plan } from "../run/plan.ts";
import type { ResultFolder } from "../run/result-folder.ts";
import { writeWhole } from "../run/result-folder.ts";
import type { FinishedRun, RunOptions } from "../run/run.ts";
import { runPlan } from "../run/run.ts";
import type { Workload } from "../run/workload.ts";

/** Virtual time that the end of a run may take beyond its load: settling and reading back are bounded far below it. */
const END_MS_MAX = 600_000;
/** The load ends at twice its planned length at the latest. */
const LOAD_STRETCH_MAX = 2;

/**
 * The same run as with processes (load, nemesis, probes, settling, reads), in a simulated cluster: the same seed gives the same
 * history. Its files appear when it is over.
 */
export async function runInVirtualTime(
  parts: { readonly plan: Plan; readonly workload: Workload; readonly folder: ResultFolder },
  options: RunOptions,
): Promise<FinishedRun> {
  const { plan, workload } = parts;
  const failure = Promise.withResolvers<never>();
  const cluster = new SimCluster({
    plan,
    world: CALM_WORLD,
    seed: plan.seed,
    assertions: SILENT,
    onCrash: (node, error) => {
      const reason = error instanceof Error ? error.message : String(error);
      failure.reject(new Error(`Node ${node} died of an error: ${reason}`, { cause: error }));
    },
    keepsLogs: true,
  });
  const { scheduler, http } = cluster;
  const folder = bufferedFolder(parts.folder);
  const startCluster = async (onFailure: (error: Error) => void) => {
    failure.promise.catch(onFailure);
    await cluster.start();
    return cluster;
  };
  const write = async (): Promise<void> => {
    await folder.flush();
    for (const { name, log } of cluster.simNodes.values()) {
      await writeWhole(join(folder.logFolder, `${name}.log`), log.text());
    }
  };
  try {
    const finished = await scheduler.run(
      runPlan({ clock: scheduler, http, workload, folder, startCluster }, plan, options),
      { untilMs: 1_000 * plan.seconds * LOAD_STRETCH_MAX + END_MS_MAX },
    );
    await write();
    return finished;
  } catch (error) {
    // What failed first is what is reported; what there is may still help to understand it.
    await Promise.allSettled([write()]);
    throw error;
  }
}

const SILENT = { always() {}, sometimes() {}, reachable() {} };
