/** Carries out one plan, with real processes or in virtual time, and judges it: what `bench` and `check` share. */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createHttpCaller } from "../../src/platform/http-client.ts";
import { createNodeClock } from "../../src/platform/node-clock.ts";
import { shoppingCart } from "../../workloads/shopping-cart.ts";
import type { Cluster } from "../cluster/contract.ts";
import { startDockerCluster } from "../drivers/docker/docker-cluster.ts";
import { startExternalCluster } from "../drivers/external/external-cluster.ts";
import { NODE_FLAGS } from "../drivers/node-flags.ts";
import { openProxies } from "../drivers/open-proxies.ts";
import { startProcessCluster } from "../drivers/processes/process-cluster.ts";
import { createProgress } from "../report/terminal/progress.ts";
import type { Plan } from "../run/plan.ts";
import type { ResultFolder } from "../run/result-folder.ts";
import { createResultFolder } from "../run/result-folder.ts";
import type { FinishedRun, RunOptions, RunParts } from "../run/run.ts";
import { runPlan } from "../run/run.ts";
import type { Summary } from "../run/summary.ts";
import type { Workload } from "../run/workload.ts";
import { judgeRun } from "./judge-run.ts";
import type { Output } from "./output.ts";
import { runInVirtualTime } from "./run-in-virtual-time.ts";

export interface ExecuteOptions {
  /** Folder of all results. */
  readonly out: string;
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly output: Output;
}

export interface ExecutedRun {
  readonly folder: string;
  readonly summary: Summary;
  readonly interrupted: boolean;
}

const PROJECT = join(import.meta.dirname, "..", "..");
const NODE_PROGRAM = join(PROJECT, "src", "main.ts");
/** Of a node whose disk is to be filled: room for the data of a run, and filled in a moment. */
const DISK_BYTES = 64 * 1_024 * 1_024;
const WORKLOADS: Readonly<Record<string, Workload>> = { [shoppingCart.name]: shoppingCart };

/** Rejects with one sentence where the harness itself breaks; nothing is left running then. */
export async function executeRun(plan: Plan, options: ExecuteOptions): Promise<ExecutedRun> {
  const workload = WORKLOADS[plan.workload];
  if (workload === undefined) throw new RangeError(`Cannot run ${plan.workload}: no such workload`);
  const folder = await createResultFolder(options.out, plan, createNodeClock().wallMs());
  const progress = createProgress(options.output);
  const runOptions: RunOptions = {
    signal: options.signal,
    onPhase: (sentence) => progress.note(sentence),
    onProgress: (update) => progress.update(update),
  };
  try {
    progress.note(`run ${folder.path}, seed ${plan.seed}`);
    const parts = { plan, workload, folder };
    const finished =
      plan.cluster === "sim"
        ? await runInVirtualTime(parts, runOptions)
        : await runInRealTime(parts, options.keep, runOptions);
    progress.end();
    const { header, lines, faults, toxiproxy, interrupted } = finished;
    const summary = await judgeRun(folder.path, {
      plan,
      header,
      lines,
      faultFile: faults,
      toxiproxy,
    });
    return { folder: folder.path, summary, interrupted };
  } finally {
    progress.end();
  }
}

async function runInRealTime(
  { plan, workload, folder }: { plan: Plan; workload: Workload; folder: ResultFolder },
  keep: boolean,
  runOptions: RunOptions,
): Promise<FinishedRun> {
  const http = createHttpCaller();
  const run = `ringside-${randomBytes(6).toString("hex")}`;
  const { logFolder } = folder;
  const startCluster: RunParts["startCluster"] = (onFailure): Promise<Cluster> => {
    if (plan.cluster === "external") return startExternalCluster({ plan, run, onFailure });
    if (plan.cluster === "docker") {
      return startDockerCluster({
        plan,
        run,
        logFolder,
        keep,
        toxiproxyImage: plan.toxiproxyImage,
        diskBytes: plan.nemesis.includes("disk-full") ? DISK_BYTES : undefined,
        sources: {
          project: PROJECT,
          nodeVersion: process.versions.node,
          nodeProgram: process.execPath,
          note: runOptions.onPhase,
          signal: runOptions.signal,
        },
        signal: runOptions.signal,
        onFailure,
      });
    }
    return startProcessCluster({
      plan,
      run,
      logFolder,
      keep,
      nodeProgram: [process.execPath, ...NODE_FLAGS, NODE_PROGRAM],
      openProxies: (address) => openProxies({ url: plan.toxiproxyUrl, address, run, onFailure }),
      onFailure,
    });
  };
  try {
    const parts = { clock: createNodeClock(), http, workload, folder, startCluster };
    return await runPlan(parts, plan, runOptions);
  } finally {
    http.close();
  }
}
