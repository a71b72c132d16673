import type { AnalysisInput } from "../checker/analyze.ts";
import type { HistoryHeader, HistoryLine } from "../history/operation.ts";
import type { FaultFile } from "../nemesis/fault.ts";
import { clockSkewMs } from "./clock-skew.ts";
import { servesEverything } from "./serves-everything.ts";
import type { SimPlan } from "./sim-plan.ts";

const NO_FAULTS: FaultFile = {
  format: "ringside-faults",
  version: 1,
  faults: [],
  silentLinks: [],
};

/** A simulated run as the analysis takes it; that faults bit is shown by the swarm's table, not by each run. */
export function simulationInput(
  plan: SimPlan,
  header: HistoryHeader,
  lines: readonly HistoryLine[],
): AnalysisInput {
  // Worlds that say nothing of it may be older than anti-entropy.
  const isOn = (plan.world.settings.antiEntropyMs ?? 0) > 0;
  return {
    plan: isOn ? { ...plan.run, antiEntropy: true } : plan.run,
    header,
    lines,
    faultFile: NO_FAULTS,
    toxiproxy: { kind: "none", version: "" },
    guard: "end",
    judgesAvailability: servesEverything(plan),
    clockSkewMs: clockSkewMs(plan),
  };
}
