import type { FaultRecord } from "../../nemesis/fault.ts";

/** A stretch of the run in which nothing about the faults changed. */
export interface Phase {
  /** `healthy` or the fault's name. */
  readonly name: string;
  readonly startNs: number;
  readonly endNs: number;
}

/**
 * Phases in order of time. What lies between apply and applied, or heal and healed, belongs to none: there
 * nobody knows which links are cut.
 */
export function phasesOf(faults: readonly FaultRecord[], endNs: number): Phase[] {
  const phases: Phase[] = [];
  let healthySinceNs = 0;
  for (const fault of [...faults].sort((a, b) => a.applyStartNs - b.applyStartNs)) {
    if (fault.applyStartNs > healthySinceNs) {
      phases.push({ name: "healthy", startNs: healthySinceNs, endNs: fault.applyStartNs });
    }
    phases.push({ name: fault.name, startNs: fault.appliedNs, endNs: fault.healStartNs });
    healthySinceNs = Math.max(healthySinceNs, fault.healedNs);
  }
  if (endNs > healthySinceNs) phases.push({ name: "healthy", startNs: healthySinceNs, endNs });
  return phases;
}

/** Name of the phase that holds a moment; undefined in between. */
export function phaseAt(phases: readonly Phase[], timeNs: number): string | undefined {
  let low = 0;
  let high = phases.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((phases[middle]?.startNs ?? Infinity) <= timeNs) low = middle + 1;
    else high = middle;
  }
  const phase = phases[low - 1];
  return phase !== undefined && timeNs < phase.endNs ? phase.name : undefined;
}
