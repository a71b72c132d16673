import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { AnalysisInput } from "../checker/analyze.ts";
import { HistoryError } from "../history/history-error.ts";
import { readHistory } from "../history/read-history.ts";
import type { FaultFile } from "../nemesis/fault.ts";
import type { Plan } from "../run/plan.ts";
import { HISTORY_FILE, readJson } from "../run/result-folder.ts";
import type { ClusterFile } from "../run/run.ts";
import { CLUSTER_FILE, FAULTS_FILE, PLAN_FILE, SIM_PLAN_FILE } from "../run/run.ts";
import type { Summary } from "../run/summary.ts";
import { UsageError } from "./exit-status.ts";

/** Bounds the memory that a foreign file can take. */
const LINES_MAX = 50_000_000;

/** Reads a run's folder back. Throws UsageError, one line, where it holds no run or one that cannot be understood. */
export async function readStoredRun(folder: string): Promise<AnalysisInput> {
  await checkFolder(folder);
  const plan = (await readFormat(folder, PLAN_FILE, "ringside-plan")) as unknown as Plan;
  const faultFile = (await readOptional(folder, FAULTS_FILE, "ringside-faults")) as
    | FaultFile
    | undefined;
  const cluster = (await readOptional(folder, CLUSTER_FILE, "ringside-cluster")) as
    | ClusterFile
    | undefined;
  try {
    const { header, lines, truncated } = readHistory(await linesOf(join(folder, HISTORY_FILE)));
    const toxiproxy: Summary["toxiproxy"] = cluster?.toxiproxy ?? { kind: "none", version: "" };
    const guard = await guardOf(folder);
    return { plan, header, lines, truncated, faultFile, toxiproxy, guard };
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    throw new UsageError(`${error.message} (${join(folder, HISTORY_FILE)})`);
  }
}

/** One JSON file of a run with its format and version checked. */
export async function readFormat(folder: string, file: string, format: string): Promise<object> {
  const path = join(folder, file);
  let value: unknown;
  try {
    value = await readJson(path);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const fields = value as { readonly format?: unknown; readonly version?: unknown } | null;
  if (typeof fields !== "object" || fields?.format !== format || fields.version !== 1) {
    throw new UsageError(`Cannot read ${path}: it is no ${format} of version 1`);
  }
  return fields;
}

/** A run of a swarm is judged by its end: what its faults did is seen over many seeds. */
async function guardOf(folder: string): Promise<"run" | "end"> {
  const simPlan = await stat(join(folder, SIM_PLAN_FILE)).catch(() => undefined);
  return simPlan === undefined ? "run" : "end";
}

async function readOptional(
  folder: string,
  file: string,
  format: string,
): Promise<object | undefined> {
  const isThere = await stat(join(folder, file)).then(
    () => true,
    () => false,
  );
  return isThere ? readFormat(folder, file, format) : undefined;
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
    for await (const line of createInterface({ input: createReadStream(path, "utf8") })) {
      lines.push(line);
      if (lines.length > LINES_MAX) {
        throw new UsageError(`Cannot read ${path}: it has more than ${LINES_MAX} lines`);
      }
    }
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new UsageError(`Cannot read ${path}: ${error.message}`);
  }
  return lines;
}
