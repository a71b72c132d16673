import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ALL_CRASH, endsWithAllCrash } from "../checker/all-crash.ts";
import type { AnalysisInput } from "../checker/analyze.ts";
import { HistoryError } from "../history/history-error.ts";
import type { History } from "../history/read-history.ts";
import { readHistory } from "../history/read-history.ts";
import type { FaultFile } from "../nemesis/fault.ts";
import { differingField, faultContradiction, planContradiction } from "../run/contradiction.ts";
import type { Plan } from "../run/plan.ts";
import { PlanFields, PlanFileError } from "../run/plan-fields.ts";
import { readFaults } from "../run/read-faults.ts";
import { readPlan } from "../run/read-plan.ts";
import { HISTORY_FILE, readJson } from "../run/result-folder.ts";
import { CLUSTER_FILE, FAULTS_FILE, PLAN_FILE, SIM_PLAN_FILE } from "../run/run-files.ts";
import type { Summary } from "../run/summary.ts";
import { readPlanFile } from "../swarm/plan-file.ts";
import type { SimPlan } from "../swarm/sim-plan.ts";
import { simulationInput } from "../swarm/simulation-input.ts";
import { UsageError } from "./exit-status.ts";
import { fileLines } from "./file-lines.ts";

/** Bounds the memory that a foreign file can take. */
const LINES_MAX = 50_000_000;
const VERSION_LENGTH_MAX = 1_000;

/**
 * Reads a run's folder back. Throws UsageError, one line, where it holds no run, one that cannot be understood, or files that
 * tell of different runs.
 */
export async function readStoredRun(folder: string): Promise<AnalysisInput> {
  await checkFolder(folder);
  const plan = await readPlanOf(folder);
  const { header, lines, truncated } = await readLines(folder);
  const contradiction = planContradiction(plan, header);
  if (contradiction !== undefined) refusalOf(folder, PLAN_FILE)(contradiction);
  const simPlan = await readSimPlanOf(folder, plan);
  if (simPlan !== undefined) return { ...simulationInput(simPlan, header, lines), truncated };
  const faultFile = await readFaultsOf(folder, { plan, header, lines });
  const toxiproxy = await readToxiproxyOf(folder);
  return { plan, header, lines, truncated, faultFile, toxiproxy };
}

async function readPlanOf(folder: string): Promise<Plan> {
  const value = await readFormat(folder, PLAN_FILE, "ringside-plan");
  return readPlan(new PlanFields(value, "", refusalOf(folder, PLAN_FILE)));
}

/** Undefined where the run is none of a swarm, which is judged by its end and by the clocks of its world. */
async function readSimPlanOf(folder: string, run: Plan): Promise<SimPlan | undefined> {
  const path = join(folder, SIM_PLAN_FILE);
  if (!(await isThere(path))) return undefined;
  const refuse = refusalOf(folder, SIM_PLAN_FILE);
  const plan = await readPlanFile(path).catch((error: unknown) => {
    if (!(error instanceof PlanFileError)) throw error;
    throw new UsageError(error.message);
  });
  const strange = differingField(plan.run, run);
  if (strange !== undefined)
    refuse(`run.${strange} is not as in ${PLAN_FILE}, allowed is the same`);
  if (await isThere(join(folder, FAULTS_FILE))) {
    refuse(`it lies beside ${FAULTS_FILE}, which no run of a swarm leaves`);
  }
  return plan;
}

async function readLines(folder: string): Promise<History> {
  const path = join(folder, HISTORY_FILE);
  try {
    return readHistory(await linesOf(path));
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    throw new UsageError(`${error.message} (${path})`);
  }
}

/** Undefined where the run left none. */
async function readFaultsOf(
  folder: string,
  { plan, header, lines }: Pick<AnalysisInput, "plan" | "header" | "lines">,
): Promise<FaultFile | undefined> {
  const value = await readOptional(folder, FAULTS_FILE, "ringside-faults");
  if (value === undefined) return undefined;
  const refuse = refusalOf(folder, FAULTS_FILE);
  const { nodes } = header;
  const kinds = [...plan.nemesis, ...(endsWithAllCrash(plan) ? [ALL_CRASH] : [])];
  const faultFile = readFaults(value, { nodes, kinds, refuse });
  const contradiction = faultContradiction(faultFile, lines);
  return contradiction === undefined ? faultFile : refuse(contradiction);
}

async function readToxiproxyOf(folder: string): Promise<Summary["toxiproxy"]> {
  const value = await readOptional(folder, CLUSTER_FILE, "ringside-cluster");
  if (value === undefined) return { kind: "none", version: "" };
  const refuse = refusalOf(folder, CLUSTER_FILE);
  const fields = new PlanFields(value, "", refuse).object("toxiproxy");
  return {
    kind: fields.oneOf("kind", ["embedded", "real", "none"]),
    version: fields.text("version", VERSION_LENGTH_MAX),
  };
}

function refusalOf(folder: string, file: string): (sentence: string) => never {
  return (sentence) => {
    throw new UsageError(`Cannot read ${join(folder, file)}: ${sentence}`);
  };
}

/** One JSON file of a run with its format and version checked. */
export async function readFormat(folder: string, file: string, format: string): Promise<object> {
  const path = join(folder, file);
  let value: unknown;
  try {
    value = await readJson(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The parser quotes the text, which may have any number of lines.
    throw new UsageError(reason.replaceAll(/\s+/g, " "));
  }
  const fields = value as { readonly format?: unknown; readonly version?: unknown } | null;
  if (typeof fields !== "object" || fields?.format !== format || fields.version !== 1) {
    throw new UsageError(`Cannot read ${path}: it is no ${format} of version 1`);
  }
  return fields;
}

async function readOptional(
  folder: string,
  file: string,
  format: string,
): Promise<object | undefined> {
  return (await isThere(join(folder, file))) ? readFormat(folder, file, format) : undefined;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw new UsageError(`Cannot read the run ${folder}: there is no such folder`);
  }
}

async function linesOf(path: string): Promise<readonly string[]> {
  const lines: string[] = [];
  try {
    for await (const line of fileLines(path)) {
      lines.push(line);
      if (lines.length > LINES_MAX) {
        throw new UsageError(`Cannot read ${path}: it has more than ${LINES_MAX} lines`);
      }
    }
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    const reason =
      error instanceof TypeError ? `line ${lines.length + 1} is no UTF-8` : error.message;
    throw new UsageError(`Cannot read ${path}: ${reason}`);
  }
  return lines;
}
