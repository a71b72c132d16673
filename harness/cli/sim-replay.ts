import { join } from "node:path";
import { createNodeClock } from "../../src/platform/node-clock.ts";
import { formatCount, formatDuration } from "../report/format.ts";
import { renderLamport } from "../report/lamport/render-lamport.ts";
import type { Trace } from "../report/lamport/trace.ts";
import { printable } from "../report/terminal/printable.ts";
import type { ResultFolder } from "../run/result-folder.ts";
import { createResultFolder, HISTORY_FILE, makeFolder, writeWhole } from "../run/result-folder.ts";
import { PLAN_FILE, SIM_PLAN_FILE } from "../run/run-files.ts";
import type { Pool } from "../swarm/pool.ts";
import { forgottenLines } from "../swarm/render-swarm.ts";
import type { SimulatedRun } from "../swarm/run-contract.ts";
import type { SimOutcome } from "../swarm/sim-outcome.ts";
import type { SimPlan } from "../swarm/sim-plan.ts";
import { simulationInput } from "../swarm/simulation-input.ts";
import { judgeRun } from "./judge-run.ts";
import type { Output } from "./output.ts";

export interface ReplayParts {
  readonly pool: Pool;
  /** Folder of all results. */
  readonly out: string;
  readonly trace: boolean;
  readonly output: Output;
}

const STATE_FILE = "state.txt";
const OUTCOME_FILE = "outcome.json";
const TRACE_FILE = "trace.html";
/** A trace shows what led to the first violation, and a little of what followed. */
const TRACE_BEFORE_MS = 1_500;
const TRACE_AFTER_MS = 200;

/** Runs one plan, keeps everything it leaves, and prints what it came to. Resolves to whether it is without findings. */
export async function replay(
  plan: SimPlan,
  { pool, out, trace, output }: ReplayParts,
): Promise<boolean> {
  await makeFolder(out);
  const place = { workload: "sim", seed: plan.seed };
  const folder = await createResultFolder(out, place, createNodeClock().wallMs());
  await folder.writeJson(PLAN_FILE, plan.run);
  await folder.writeJson(SIM_PLAN_FILE, plan);
  const { outcome, run, realMs } = await pool.run(plan, { whole: true, trace });
  output.write(renderOutcome(outcome, realMs));
  const { plan: _, ...rest } = outcome;
  await folder.writeJson(OUTCOME_FILE, { format: "ringside-sim-outcome", version: 1, ...rest });
  if (run !== undefined) await writeRun(folder, plan, run, outcome);
  output.write(`${folder.path}\n`);
  return outcome.findings.length === 0;
}

async function writeRun(
  folder: ResultFolder,
  plan: SimPlan,
  run: SimulatedRun,
  outcome: SimOutcome,
): Promise<void> {
  await folder.writeText(HISTORY_FILE, run.history);
  await folder.writeText(STATE_FILE, run.stateDump);
  for (const [node, log] of run.logs) await writeWhole(join(folder.logFolder, `${node}.log`), log);
  await judgeRun(folder.path, simulationInput(plan, run.header, run.lines));
  if (run.trace === undefined) return;
  const window = traceWindow(run.trace, outcome);
  const title = `Seed ${plan.seed}`;
  await folder.writeText(TRACE_FILE, renderLamport(run.trace, { title, ...window }));
}

/** Around the first violation whose time is known; the end of the messages where there is none. */
function traceWindow(
  { messages }: Trace,
  { findings }: SimOutcome,
): { readonly startMs: number; readonly endMs: number } {
  const seenMs = findings.find(({ timeMs }) => timeMs !== undefined)?.timeMs;
  const endMs = seenMs === undefined ? (messages.at(-1)?.sentMs ?? 0) : seenMs + TRACE_AFTER_MS;
  return { startMs: Math.max(0, endMs - TRACE_AFTER_MS - TRACE_BEFORE_MS), endMs: endMs + 1 };
}

function renderOutcome(outcome: SimOutcome, realMs: number): string {
  const { plan, verdict, reasons, findings, operations, historySha256 } = outcome;
  const { run } = plan;
  const lines = [
    `seed ${plan.seed}: ${run.nodes} nodes, N=${run.n} R=${run.r} W=${run.w}, ${run.quorum}, ${run.versioning}, ${run.reconcile}, ${run.engine}, ${plan.faults.length} faults`,
    `verdict ${verdict}, expected ${run.expects.verdict}: ${run.expects.reason}`,
    ...reasons.map((reason) => `  - ${reason}`),
    `operations ${formatCount(operations.attempted)} attempted: ${formatCount(operations.ok)} ok, ${formatCount(operations.fail)} fail, ${formatCount(operations.info)} info`,
    ...forgottenLines(outcome.forgottenRepeats),
    `${formatDuration(outcome.virtualMs)} of virtual time, ${formatCount(outcome.events)} events, in ${formatDuration(realMs)}`,
    findings.length === 0 ? "no findings" : `${findings.length} findings`,
    ...findings.flatMap(({ check, anomaly, detail, timeMs }) => [
      `  - ${check}: ${anomaly}${timeMs === undefined ? "" : ` at ${Math.round(timeMs)} ms`}`,
      `    ${detail}`,
    ]),
    `history sha256 ${historySha256 === "" ? "none: the run did not end" : historySha256}`,
  ];
  return `${lines.map(printable).join("\n")}\n`;
}
