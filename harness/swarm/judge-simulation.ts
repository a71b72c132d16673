import type { Analysis } from "../checker/analyze.ts";
import { analyze } from "../checker/analyze.ts";
import type { HistoryHeader, HistoryLine } from "../history/operation.ts";
import type { FaultFile } from "../nemesis/fault.ts";
import type { SimPlan } from "./sim-plan.ts";

export const NO_FAULT_FILE: FaultFile = {
  format: "ringside-faults",
  version: 1,
  faults: [],
  silentLinks: [],
};

/** Judges the history of a simulated run as that of any other; that faults bit is shown by the swarm's table, not by each run. */
export function judgeSimulation(
  plan: SimPlan,
  header: HistoryHeader,
  lines: readonly HistoryLine[],
): Analysis {
  return analyze({
    plan: plan.run,
    header,
    lines,
    faultFile: NO_FAULT_FILE,
    toxiproxy: { kind: "none", version: "" },
    guard: "end",
  });
}
