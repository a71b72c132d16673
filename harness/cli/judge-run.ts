import { join } from "node:path";
import type { AnalysisInput } from "../checker/analyze.ts";
import { analyze } from "../checker/analyze.ts";
import type { FaultFile } from "../nemesis/fault.ts";
import { renderReport } from "../report/html/render-report.ts";
import { writeWhole } from "../run/result-folder.ts";
import type { Summary } from "../run/summary.ts";

export const SUMMARY_FILE = "summary.json";
export const REPORT_FILE = "report.html";

const NO_FAULTS: FaultFile = {
  format: "ringside-faults",
  version: 1,
  faults: [],
  silentLinks: [],
};

/** Judges what a run left and writes `summary.json`, `*.hgrm` and `report.html` beside it. */
export async function judgeRun(folder: string, input: AnalysisInput): Promise<Summary> {
  const { summary, hgrm } = analyze(input);
  await writeWhole(join(folder, SUMMARY_FILE), `${JSON.stringify(summary, undefined, 2)}\n`);
  for (const [name, text] of hgrm()) await writeWhole(join(folder, `${name}.hgrm`), text);
  await writeReport(folder, input, summary);
  return summary;
}

/** Writes `report.html` alone, from a summary that is there already. */
export async function writeReport(
  folder: string,
  input: Pick<AnalysisInput, "plan" | "lines" | "faultFile">,
  summary: Summary,
): Promise<string> {
  const path = join(folder, REPORT_FILE);
  const faults = input.faultFile ?? NO_FAULTS;
  await writeWhole(path, renderReport({ plan: input.plan, summary, history: input.lines, faults }));
  return path;
}
