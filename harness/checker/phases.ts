/*
 * Cuts a run into phases: each fault from the moment it was applied to the start of its healing, and the healthy intervals
 * between faults. What lies between (applying, healing) belongs to no phase, because nobody can say what the network was
 * like just then.
 */

import type { Pair } from "../history/pairs.ts";
import type { FaultRecord, Link } from "../nemesis/fault.ts";

export interface Phase {
  /** `healthy` or the fault's name. */
  readonly name: string;
  /** `healthy` or the fault's kind. */
  readonly kind: string;
  readonly startNs: number;
  readonly endNs: number;
  /** Node names by side; one side, or none, where the phase makes no sides. */
  readonly sides: readonly (readonly string[])[];
  /** Over which the second end does not hear the first. */
  readonly links: readonly Link[];
  /** Nodes that were hit themselves. */
  readonly nodes: readonly string[];
}

export interface PhaseMap {
  /** In the order of their starts; they do not overlap unless faults did. */
  readonly phases: readonly Phase[];
  /** Position in `phases` of the phase that holds the whole interval; -1 where none does. Both ends count. */
  find(startNs: number, endNs: number): number;
}

export const HEALTHY = "healthy";

export function mapPhases(faults: readonly FaultRecord[], pairs: readonly Pair[]): PhaseMap {
  const phases: Phase[] = [];
  const sorted = faults.toSorted((one, other) => one.applyStartNs - other.applyStartNs);
  const { firstNs, lastNs } = loadInterval(pairs);
  let healthyFromNs = firstNs;
  const addHealthy = (endNs: number): void => {
    const clippedNs = Math.min(endNs, lastNs);
    if (clippedNs > healthyFromNs) {
      phases.push({
        name: HEALTHY,
        kind: HEALTHY,
        startNs: healthyFromNs,
        endNs: clippedNs,
        sides: [],
        links: [],
        nodes: [],
      });
    }
  };
  for (const fault of sorted) {
    const { name, kind, sides, links, nodes, appliedNs, healStartNs, healedNs } = fault;
    addHealthy(fault.applyStartNs);
    phases.push({ name, kind, startNs: appliedNs, endNs: healStartNs, sides, links, nodes });
    healthyFromNs = Math.max(healthyFromNs, healedNs);
  }
  addHealthy(lastNs);
  phases.sort((one, other) => one.startNs - other.startNs);
  return { phases, find: (startNs, endNs) => findPhase(phases, startNs, endNs) };
}

/** From the first intended start to the last; after that nothing is asked of the store and nothing can be said of it. */
function loadInterval(pairs: readonly Pair[]): { firstNs: number; lastNs: number } {
  let firstNs = Number.POSITIVE_INFINITY;
  let lastNs = Number.NEGATIVE_INFINITY;
  for (const { invocation } of pairs) {
    firstNs = Math.min(firstNs, invocation.intendedNs);
    lastNs = Math.max(lastNs, invocation.intendedNs);
  }
  return { firstNs, lastNs };
}

function findPhase(phases: readonly Phase[], startNs: number, endNs: number): number {
  let low = 0;
  let high = phases.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((phases[middle]?.startNs ?? Number.POSITIVE_INFINITY) <= startNs) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  // An index of -1 is looked up as the name of a property, which takes longer than all of the above.
  const phase = low === 0 ? undefined : phases[low - 1];
  return phase !== undefined && endNs <= phase.endNs ? low - 1 : -1;
}
