/**
 * The nemesis: carries out a schedule of faults through the contract's powers, and only through them.
 *
 * Each fault is probed, applied, probed, waited for, probed, healed, and probed until all is as before. It counts as applied
 * when the power says so, and as healed when the probes answer again: dialling anew takes a moment, and operations of that
 * moment belong to no phase. Whatever ends the nemesis, it heals what it broke first.
 */

import type { Clock } from "../../src/env/clock.ts";
import { waitMs } from "../../src/env/wait.ts";
import type { FaultLine } from "../history/operation.ts";
import type { Attack, AttackParts } from "./attacks/attack.ts";
import { clockAttack } from "./attacks/clock-attack.ts";
import { linkAttack } from "./attacks/link-attack.ts";
import { disconnectAttack, pressureAttack } from "./attacks/machine-attack.ts";
import { processAttack } from "./attacks/process-attack.ts";
import { wipeAttack } from "./attacks/wipe-attack.ts";
import type { FaultRecord } from "./fault.ts";
import type { Probe } from "./probes.ts";
import type { PlannedFault, Schedule } from "./schedule.ts";

/** The part of the recorder that the nemesis writes to. */
export interface FaultJournal {
  /** Writes one line into the history; its time is the fault's. */
  note(line: Pick<FaultLine, "type" | "phase" | "fault">): { readonly timeNs: number };
}

export interface NemesisParts extends AttackParts {
  readonly journal: FaultJournal;
}

export interface NemesisOptions {
  /** When the workload began, on the clock's monotonic time. */
  readonly startMs: number;
  /** Ends the nemesis early; a fault under way is healed and recorded first. */
  readonly signal: AbortSignal;
  /** Told right before a fault is applied, and with undefined once it is healed. */
  readonly onCurrent: (fault: PlannedFault | undefined) => void;
  /** Told of each fault as soon as it is over. */
  readonly onFault: (fault: FaultRecord) => void | Promise<void>;
}

/** The second round of probes begins this long before the healing. */
const LAST_PROBES_LEAD_MS = 700;

/** Carries out every fault of the schedule. Rejects where a power fails, after an attempt to heal. */
export async function runNemesis(
  parts: NemesisParts,
  schedule: Schedule,
  options: NemesisOptions,
): Promise<readonly FaultRecord[]> {
  const records: FaultRecord[] = [];
  for (const fault of schedule.faults) {
    await waitUntil(parts.clock, options.startMs + fault.startMs, options.signal);
    if (options.signal.aborted) break;
    const record = await carryOut(parts, fault, options);
    records.push(record);
    await options.onFault(record);
  }
  return records;
}

function carryOut(
  parts: NemesisParts,
  fault: PlannedFault,
  options: NemesisOptions,
): Promise<FaultRecord> {
  const { action } = fault;
  const execute = <P extends Probe>(attack: Attack<P>) =>
    executeAttack(
      parts,
      { fault, attack },
      { ...options, onCurrent: (isCurrent) => options.onCurrent(isCurrent ? fault : undefined) },
    );
  switch (action.type) {
    case "cut":
    case "slow":
      return execute(linkAttack(parts, action));
    case "crash":
    case "pause":
    case "restart":
      return execute(processAttack(parts, action));
    case "wipe":
      return execute(wipeAttack(parts, action.node));
    case "disconnect":
      return execute(disconnectAttack(parts, action.node));
    case "cpu":
    case "memory":
    case "disk-full":
      return execute(pressureAttack(parts, action));
    case "clock":
      return execute(clockAttack(parts, action));
  }
}

export interface AttackOptions extends Pick<NemesisOptions, "startMs" | "signal"> {
  /** Told true right before the fault is applied, and false once it is healed. */
  readonly onCurrent: (isCurrent: boolean) => void;
}

/** A fault of any origin, from its first probes to its last. Rejects where a power fails, after an attempt to heal. */
export async function executeAttack<P extends Probe>(
  { clock, journal }: Pick<NemesisParts, "clock" | "journal">,
  {
    fault,
    attack,
  }: {
    readonly fault: Pick<PlannedFault, "name" | "healMs"> & Pick<FaultRecord, "kind">;
    readonly attack: Attack<P>;
  },
  { startMs, signal, onCurrent }: AttackOptions,
): Promise<FaultRecord> {
  const note = (phase: FaultLine["phase"]) =>
    journal.note({ type: "fault", phase, fault: fault.name }).timeNs;

  const before = await attack.before();
  const applyStartNs = note("apply-start");
  onCurrent(true);
  const during: P[] = [];
  let appliedNs: number;
  let healStartNs: number;
  try {
    await attack.apply();
    appliedNs = note("applied");
    during.push(...(await attack.during()));
    await waitUntil(clock, startMs + fault.healMs - LAST_PROBES_LEAD_MS, signal);
    during.push(...(await attack.during()));
    await waitUntil(clock, startMs + fault.healMs, signal);
    healStartNs = note("heal-start");
  } catch (error) {
    // What failed first is what the run reports; whoever started the cluster stops it next.
    await Promise.allSettled([attack.heal()]);
    throw error;
  }
  await attack.heal();
  onCurrent(false);
  const after = await attack.after();
  const healedNs = note("healed");
  return {
    name: fault.name,
    kind: fault.kind,
    links: attack.links,
    nodes: attack.nodes,
    sides: attack.sides,
    applyStartNs,
    appliedNs,
    healStartNs,
    healedNs,
    proof: attack.judge({ before, during, after }),
  };
}

function waitUntil(clock: Clock, timeMs: number, signal: AbortSignal): Promise<void> {
  return waitMs(clock, timeMs - clock.monotonicMs(), signal);
}
