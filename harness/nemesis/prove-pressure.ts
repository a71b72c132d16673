/**
 * Whether a limit of a node's machine bit: what the machine counts must have grown while the limit was there. The node must
 * answer before and after; that it answers slowly or not at all in between is what the fault is for.
 *
 * A node that its limit of memory killed has met it, too, and comes back as another life. A full disk is proven by the
 * free bytes alone: a store that reuses the room of what it removed may go on for a while. How many writes it lost stands in
 * the probes.
 */

import type { MachinePressure } from "../cluster/contract.ts";
import type { FaultProof } from "./fault.ts";
import type { StatusProbe } from "./probes.ts";
import type { ProofProbes } from "./prove.ts";
import { isSameLife, prove, unanswered } from "./prove.ts";

/** A node's answer with what its machine counted; `pressure` is there whether the node answered or not. */
export interface PressureProbe extends StatusProbe {
  readonly pressure: MachinePressure;
}

/** No database writes anything with less than a page. */
const DISK_FULL_BYTES_MAX = 4_095;

export function judgeCpu(probes: ProofProbes<PressureProbe>): FaultProof {
  const periods = growth(probes.before, probes.during, "throttledPeriods");
  return prove(probes, [
    ...unlessAnswering(probes),
    ...unlessSameLife(probes),
    ...(periods > 0
      ? []
      : [`${nodeOf(probes)} was never held back by its limit of processor time`]),
  ]);
}

export function judgeMemory(probes: ProofProbes<PressureProbe>): FaultProof {
  const hits = growth(probes.before, probes.during, "memoryLimitHits");
  const kills = growth(probes.before, [...probes.during, ...probes.after], "memoryKills");
  return prove(probes, [
    ...unlessAnswering(probes),
    ...(kills > 0 ? [] : unlessSameLife(probes)),
    ...(hits > 0 || kills > 0 ? [] : [`${nodeOf(probes)} never met its limit of memory`]),
  ]);
}

export function judgeFullDisk(probes: ProofProbes<PressureProbe>): FaultProof {
  const isFull = ({ pressure }: PressureProbe) => pressure.diskFreeBytes <= DISK_FULL_BYTES_MAX;
  const free = (list: readonly PressureProbe[]) =>
    list
      .filter((probe) => !isFull(probe))
      .map(({ to, pressure }) => `${to} had ${pressure.diskFreeBytes} bytes free during the fault`);
  const full = (list: readonly PressureProbe[], when: string) =>
    list.filter(isFull).map(({ to }) => `${to} had no room on its disk ${when}`);
  return prove(probes, [
    ...unlessAnswering(probes),
    ...full(probes.before, "before the fault"),
    ...free(probes.during),
    ...full(probes.after, "after healing"),
  ]);
}

function unlessAnswering({ before, during, after }: ProofProbes): readonly string[] {
  return [
    ...unanswered(before, "before the fault"),
    ...(during.length === 0 ? ["nobody looked during the fault"] : []),
    ...unanswered(after, "after healing"),
  ];
}

function unlessSameLife(probes: ProofProbes<PressureProbe>): readonly string[] {
  return isSameLife(probes) ? [] : [`${nodeOf(probes)} was started again`];
}

function growth(
  before: readonly PressureProbe[],
  later: readonly PressureProbe[],
  count: "throttledPeriods" | "memoryLimitHits" | "memoryKills",
): number {
  const most = (list: readonly PressureProbe[]) =>
    Math.max(0, ...list.map(({ pressure }) => pressure[count]));
  return most(later) - most(before);
}

function nodeOf({ before }: ProofProbes): string {
  return before[0]?.to ?? "the node";
}
