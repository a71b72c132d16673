import type { HistoryLine } from "../../history/operation.ts";
import type { FaultFile } from "../../nemesis/fault.ts";
import type { Plan } from "../../run/plan.ts";
import type { Summary } from "../../run/summary.ts";
import type { Call } from "./calls.ts";
import { functionNames, pairCalls } from "./calls.ts";
import type { Phase } from "./phases.ts";
import { phasesOf } from "./phases.ts";
import type { Windows } from "./windows.ts";
import { windowsOver } from "./windows.ts";

/** Latencies of one operation as a histogram knows them. */
export interface LatencyDistribution {
  readonly count: number;
  /** Latency in milliseconds that `percentile` (0 to 100) of the samples do not exceed. */
  readonly valueMsAt: (percentile: number) => number;
}

/** What a report is made from: the files of one run. */
export interface ReportInput {
  readonly plan: Plan;
  readonly summary: Summary;
  readonly history: readonly HistoryLine[];
  readonly faults: FaultFile;
  /** By operation; where absent, percentiles are counted from the history. */
  readonly histograms?: ReadonlyMap<string, LatencyDistribution>;
}

/** The input, with everything that more than one section needs worked out once. */
export interface RunView extends ReportInput {
  readonly calls: readonly Call[];
  /** Operations by frequency; their order gives them their colours. */
  readonly functions: readonly string[];
  readonly phases: readonly Phase[];
  readonly windows: Windows;
  /** Last moment that charts over time show. */
  readonly endNs: number;
}

export function viewRun(input: ReportInput): RunView {
  const calls = pairCalls(input.history);
  const endNs = lastMomentNs(input, calls);
  return {
    ...input,
    calls,
    functions: functionNames(calls),
    phases: phasesOf(input.faults.faults, endNs),
    windows: windowsOver(endNs),
    endNs,
  };
}

// Settling and final reads may take long and are not load: the charts end with the last call and the last heal.
function lastMomentNs(input: ReportInput, calls: readonly Call[]): number {
  let endNs = 1e9;
  for (const { invocation, completion } of calls) {
    endNs = Math.max(endNs, completion?.timeNs ?? invocation.timeNs);
  }
  for (const { healedNs } of input.faults.faults) endNs = Math.max(endNs, healedNs);
  return endNs;
}
