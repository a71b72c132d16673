import { mkdir } from "node:fs/promises";
import { createNodeClock } from "../../src/platform/node-clock.ts";
import { formatCount, formatDuration } from "../report/format.ts";
import { printable } from "../report/terminal/printable.ts";
import { createResultFolder, HISTORY_FILE } from "../run/result-folder.ts";
import { PLAN_FILE } from "../run/run.ts";
import type { Pool } from "../swarm/pool.ts";
import type { SimOutcome } from "../swarm/sim-outcome.ts";
import type { SimPlan } from "../swarm/sim-plan.ts";
import { SUMMARY_FILE } from "./judge-run.ts";
import type { Output } from "./output.ts";

export interface ReplayParts {
  readonly pool: Pool;
  /** Folder of all results. */
  readonly out: string;
  readonly trace: boolean;
  readonly output: Output;
}

const STATE_FILE = "state.txt";

/** Runs one plan, keeps everything it leaves, and prints what it came to. Resolves to whether it is without findings. */
export async function replay(
  plan: SimPlan,
  { pool, out, trace, output }: ReplayParts,
): Promise<boolean> {
  await mkdir(out, { recursive: true });
  const place = { workload: "sim", seed: plan.seed };
  const folder = await createResultFolder(out, place, createNodeClock().wallMs());
  await folder.writeJson(PLAN_FILE, plan);
  const { outcome, run, realMs } = await pool.run(plan, { whole: true, trace });
  const { plan: _, ...rest } = outcome;
  await folder.writeJson(SUMMARY_FILE, { format: "ringside-sim-summary", version: 1, ...rest });
  if (run !== undefined) {
    await folder.writeText(HISTORY_FILE, run.history);
    await folder.writeText(STATE_FILE, run.stateDump);
  }
  output.write(renderOutcome(outcome, realMs));
  output.write(`${folder.path}\n`);
  return outcome.findings.length === 0;
}

function renderOutcome(outcome: SimOutcome, realMs: number): string {
  const { plan, verdict, reasons, findings, operations, historySha256 } = outcome;
  const { run } = plan;
  const lines = [
    `seed ${plan.seed}: ${run.nodes} nodes, N=${run.n} R=${run.r} W=${run.w}, ${run.quorum}, ${run.versioning}, ${run.reconcile}, ${run.engine}, ${plan.faults.length} faults`,
    `verdict ${verdict}, expected ${run.expects.verdict}: ${run.expects.reason}`,
    ...reasons.map((reason) => `  - ${reason}`),
    `operations ${formatCount(operations.attempted)} attempted: ${formatCount(operations.ok)} ok, ${formatCount(operations.fail)} fail, ${formatCount(operations.info)} info`,
    `${formatDuration(outcome.virtualMs)} of virtual time, ${formatCount(outcome.events)} events, in ${formatDuration(realMs)}`,
    findings.length === 0 ? "no findings" : `${findings.length} findings`,
    ...findings.flatMap(({ check, anomaly, detail, timeMs }) => [
      `  - ${check}: ${anomaly}${timeMs === undefined ? "" : ` at ${timeMs} ms`}`,
      `    ${detail}`,
    ]),
    `history sha256 ${historySha256 === "" ? "none: the run did not end" : historySha256}`,
  ];
  return `${lines.map(printable).join("\n")}\n`;
}
