import type { FaultProof } from "./fault.ts";
import type { StatusProbe } from "./probes.ts";
import type { ProofProbes } from "./prove.ts";
import { isSameLife, prove, unanswered } from "./prove.ts";

/** How exactly two answers tell how far a clock moved: each is known to half of what it took, a second at most. */
const TOLERANCE_MS = 1_000;

/** The node's wall clock must go off by about `offsetMs` against the harness's and come back, within one life of the node. */
export function judgeClock(probes: ProofProbes<StatusProbe>, offsetMs: number): FaultProof {
  const [before] = probes.before;
  const movedMs = ({ clockAheadMs }: StatusProbe) => clockAheadMs - (before?.clockAheadMs ?? 0);
  const amiss = (list: readonly StatusProbe[], wantedMs: number, when: string) =>
    list
      .filter((probe) => probe.answered && Math.abs(movedMs(probe) - wantedMs) > TOLERANCE_MS)
      .map(
        (probe) =>
          `the clock of ${probe.to} was off by ${Math.round(movedMs(probe))} ms ${when}, expected ${wantedMs} ms`,
      );
  return prove(probes, [
    ...unanswered(probes.before, "before the fault"),
    ...(probes.during.length === 0 ? ["nobody asked during the fault"] : []),
    ...unanswered(probes.during, "during the fault"),
    ...amiss(probes.during, offsetMs, "during the fault"),
    ...unanswered(probes.after, "after healing"),
    ...amiss(probes.after, 0, "after healing"),
    ...(isSameLife(probes) ? [] : [`${before?.to ?? "the node"} was started again`]),
  ]);
}
