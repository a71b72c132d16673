/**
 * The proof that a fault bit: probes before, during and after it, and the reasons why they do not prove it. Each kind of fault
 * has rules of its own; what they have in common is here.
 */

import { linkName } from "../cluster/contract.ts";
import type { FaultProof, Link } from "./fault.ts";
import type { Probe, StatusProbe } from "./probes.ts";

export interface ProofProbes<P extends Probe = Probe> {
  readonly before: readonly P[];
  /** Made right after the fault was applied, and again right before it was healed. */
  readonly during: readonly P[];
  readonly after: readonly P[];
}

/** The fault bit where there is no reason against it. */
export function prove(probes: ProofProbes, reasons: readonly string[]): FaultProof {
  const [reason = ""] = reasons;
  const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : "";
  return { ...probes, bit: reasons.length === 0, reason: reason === "" ? "" : `${reason}${more}` };
}

export function unanswered(probes: readonly Probe[], when: string): readonly string[] {
  return probes
    .filter((probe) => !probe.answered)
    .map((probe) => `${probe.to} did not answer ${probe.from} ${when}: ${probe.detail}`);
}

/** Whether one node answered before and after the fault in the same life. */
export function isSameLife({ before, after }: ProofProbes<StatusProbe>): boolean {
  return before[0]?.status?.life === after[0]?.status?.life;
}

/** Pairs that nobody probed. */
export function missing(probes: readonly Probe[], wanted: readonly Link[]): readonly string[] {
  const made = new Set(probes.map(linkName));
  return wanted
    .filter((pair) => !made.has(linkName(pair)))
    .map(({ from, to }) => `${from} was never asked to reach ${to} during the fault`);
}
