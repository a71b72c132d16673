/*
 * Whether the files of a run tell of the same run. The history's header names the workload, the seed and the nodes of the plan,
 * and each fault has the same four times in the history and in `faults.json`. A run that was killed may have told one of them
 * less than the other; such a run never settled, so it is unknown by that alone.
 */

import { isDeepStrictEqual } from "node:util";
import type { FaultLine, HistoryHeader, HistoryLine } from "../history/operation.ts";
import type { FaultFile, FaultRecord } from "../nemesis/fault.ts";
import type { Plan } from "./plan.ts";

const TIMES = {
  "apply-start": "applyStartNs",
  applied: "appliedNs",
  "heal-start": "healStartNs",
  healed: "healedNs",
} as const satisfies Record<FaultLine["phase"], keyof FaultRecord>;
const PHASES: readonly FaultLine["phase"][] = ["apply-start", "applied", "heal-start", "healed"];

/** One sentence where the plan is not that of the history; undefined where they agree. */
export function planContradiction(
  { workload, seed, nodes }: Plan,
  header: HistoryHeader,
): string | undefined {
  if (workload !== header.workload) {
    return `its workload is ${JSON.stringify(workload)}, allowed is that of the history, ${JSON.stringify(header.workload)}`;
  }
  if (seed !== header.seed) {
    return `its seed is ${seed}, allowed is that of the history, ${header.seed}`;
  }
  if (nodes !== header.nodes.length) {
    return `its nodes is ${nodes}, allowed is as many as the history names, ${header.nodes.length}`;
  }
  return undefined;
}

/** The first field in which two plans differ; undefined where they are the same. */
export function differingField(one: Plan, other: Plan): string | undefined {
  const left = new Map<string, unknown>(Object.entries(one));
  const right = new Map<string, unknown>(Object.entries(other));
  return [...left.keys(), ...right.keys()].find(
    (name) => !isDeepStrictEqual(left.get(name), right.get(name)),
  );
}

/** One sentence where `faults.json` tells otherwise of the faults than the history; undefined where they agree. */
export function faultContradiction(
  { faults }: FaultFile,
  lines: readonly HistoryLine[],
): string | undefined {
  const wasHealed = lines.some((line) => line.type === "marker" && line.name !== "healthy");
  const records = new Map(faults.map((record) => [record.name, record]));
  const told = new Set<string>();
  for (const line of lines) {
    if (line.type !== "fault") continue;
    const { index, fault, phase, timeNs } = line;
    const point = pointOf(fault, phase);
    if (told.has(point)) return `the history tells twice of ${point}, again at index ${index}`;
    told.add(point);
    const record = records.get(fault);
    if (record === undefined) {
      if (wasHealed) return `it lacks fault ${fault}, of which the history tells at index ${index}`;
      continue;
    }
    const field = TIMES[phase];
    if (record[field] !== timeNs) {
      return `${field} of fault ${fault} is ${record[field]}, allowed is that of the history at index ${index}, ${timeNs}`;
    }
  }
  if (!wasHealed) return undefined;
  const untold = faults
    .flatMap(({ name }) => PHASES.map((phase) => pointOf(name, phase)))
    .find((point) => !told.has(point));
  return untold === undefined ? undefined : `the history does not tell of ${untold}`;
}

function pointOf(fault: string, phase: FaultLine["phase"]): string {
  return `${phase} of fault ${fault}`;
}
