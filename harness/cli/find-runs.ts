import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { RunEntry } from "../report/index-page.ts";
import type { Plan } from "../run/plan.ts";
import { readJson } from "../run/result-folder.ts";
import { PLAN_FILE } from "../run/run-files.ts";
import type { Summary } from "../run/summary.ts";
import { REPORT_FILE, SUMMARY_FILE } from "./judge-run.ts";

/** Every run under a folder of results, however far it got; a file that cannot be read counts as not there. */
export async function findRuns(results: string): Promise<readonly RunEntry[]> {
  const entries: RunEntry[] = [];
  for (const workload of await foldersIn(results)) {
    for (const name of await foldersIn(join(results, workload))) {
      const path = join(results, workload, name);
      const plan = await readIfThere(join(path, PLAN_FILE), "ringside-plan");
      if (plan === undefined) continue;
      const summary = await readIfThere(join(path, SUMMARY_FILE), "ringside-summary");
      const reportFile = await stat(join(path, REPORT_FILE)).catch(() => undefined);
      entries.push({
        folder: `${workload}/${name}`,
        startedAt: startOf(name),
        plan: plan as Plan,
        summary: summary as Summary | undefined,
        hasReport: reportFile !== undefined,
      });
    }
  }
  return entries;
}

/** Real folders only: `latest` is a link. */
async function foldersIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function readIfThere(path: string, format: string): Promise<object | undefined> {
  const value = await readJson(path).catch(() => undefined);
  const isKnown =
    typeof value === "object" && value !== null && "format" in value && value.format === format;
  return isKnown ? value : undefined;
}

/** `20261123T031502Z-7` began at `2026-11-23 03:15:02`. */
function startOf(name: string): string {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(name) ?? [];
  return second === undefined ? name : `${year}-${month}-${day} ${hour}:${minute}:${second}`;
}
