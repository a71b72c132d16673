/**
 * The nemesis: carries out a schedule of faults through the contract's powers, and only through them.
 *
 * Each fault is probed, applied, probed, waited for, probed, healed, and probed until all is as before. It counts as applied
 * when the power says so, and as healed when the probes answer again: dialling anew takes a moment, and operations of that
 * moment belong to no phase. Whatever ends the nemesis, it heals what it broke first.
 */

import type { Clock } from "../../src/env/clock.ts";
import type { Cluster, NetworkPower, ProcessPower } from "../cluster/contract.ts";
import type { FaultLine } from "../history/operation.ts";
import type { FaultProof, FaultRecord, Link } from "./fault.ts";
import type { Probe } from "./probes.ts";
import { pairsOf, probePairs, probeStatus, probeUntil } from "./probes.ts";
import type { ProofProbes } from "./proof.ts";
import { judgeCut, judgeSilence, judgeSlow, pairsAcross } from "./proof.ts";
import type { PlannedFault, Schedule } from "./schedule.ts";
import { waitMs } from "./wait.ts";

/** The part of the recorder that the nemesis writes to. */
export interface FaultJournal {
  /** Writes one line into the history; its time is the fault's. */
  note(line: Pick<FaultLine, "type" | "phase" | "fault">): { readonly timeNs: number };
}

export interface NemesisParts {
  readonly cluster: Cluster;
  readonly clock: Clock;
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

/** One kind of fault, ready to be carried out. */
interface Attack {
  readonly links: readonly Link[];
  readonly nodes: readonly string[];
  readonly sides: readonly (readonly string[])[];
  apply(): Promise<void>;
  heal(): Promise<void>;
  before(): Promise<readonly Probe[]>;
  during(): Promise<readonly Probe[]>;
  after(): Promise<readonly Probe[]>;
  judge(probes: ProofProbes): FaultProof;
}

/** How long a healed cluster may take until every probe answers again. */
const RECOVERY_TIMEOUT_MS = 8_000;
/** How long a probe of a healthy pair may be tried again before and during a fault. */
const HEALTHY_TIMEOUT_MS = 1_000;
/** The second round of probes begins this long before the healing. */
const LAST_PROBES_LEAD_MS = 700;
const STATUS_PAUSE_MS = 100;

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

async function carryOut(
  parts: NemesisParts,
  fault: PlannedFault,
  { startMs, signal, onCurrent }: NemesisOptions,
): Promise<FaultRecord> {
  const { clock, journal } = parts;
  const attack = attackOf(parts, fault);
  const note = (phase: FaultLine["phase"]) =>
    journal.note({ type: "fault", phase, fault: fault.name }).timeNs;

  const before = await attack.before();
  const applyStartNs = note("apply-start");
  onCurrent(fault);
  const during: Probe[] = [];
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
  onCurrent(undefined);
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

function attackOf(parts: NemesisParts, { action }: PlannedFault): Attack {
  switch (action.type) {
    case "cut":
    case "slow":
      return linkAttack(parts, action);
    case "crash":
    case "pause":
      return nodeAttack(parts, action);
  }
}

function linkAttack(
  { cluster, clock }: NemesisParts,
  action: Extract<PlannedFault["action"], { readonly type: "cut" | "slow" }>,
): Attack {
  const network = networkOf(cluster);
  const pairs = pairsOf(cluster.nodes);
  const hit = pairsAcross(pairs, action.links);
  const untouched = pairs.filter((pair) => !hit.includes(pair));
  // The smallest delay of one way; a round trip crosses at least one slow link.
  const riseMs = action.type === "slow" ? action.latencyMs - action.jitterMs : 0;
  const isHealthy = (probe: Probe) =>
    probe.answered && (action.type === "cut" || probe.latencyMs < riseMs || !hits(hit, probe));
  const untilHealthy = (list: readonly Link[], timeoutMs: number) =>
    probeUntil({ cluster, clock }, list, { isWanted: isHealthy, timeoutMs });
  return {
    links: action.links,
    nodes: [],
    sides: action.type === "cut" ? action.sides : [cluster.nodes],
    apply: () =>
      network.apply(
        action.links,
        action.type === "cut"
          ? { kind: action.method }
          : { kind: "latency", latencyMs: action.latencyMs, jitterMs: action.jitterMs },
      ),
    heal: () => network.heal(),
    before: () => untilHealthy(pairs, HEALTHY_TIMEOUT_MS),
    during: async () =>
      (
        await Promise.all([probePairs(cluster, hit), untilHealthy(untouched, HEALTHY_TIMEOUT_MS)])
      ).flat(),
    after: () => untilHealthy(pairs, RECOVERY_TIMEOUT_MS),
    judge: (probes) =>
      action.type === "cut" ? judgeCut(probes, hit) : judgeSlow(probes, hit, riseMs),
  };
}

function nodeAttack(
  { cluster, clock }: NemesisParts,
  { type, node }: Extract<PlannedFault["action"], { readonly type: "crash" | "pause" }>,
): Attack {
  const power = processesOf(cluster);
  const status = async () => [await probeStatus(cluster, node)];
  const answeringStatus = async (timeoutMs: number) => {
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    let probe = await probeStatus(cluster, node);
    while (!probe.answered && clock.monotonicMs() < deadlineMs) {
      await waitMs(clock, STATUS_PAUSE_MS);
      probe = await probeStatus(cluster, node);
    }
    return [probe];
  };
  return {
    links: [],
    nodes: [node],
    sides: [cluster.nodes],
    apply: () => (type === "crash" ? power.kill(node) : power.pause(node)),
    heal: () => (type === "crash" ? power.restart(node) : power.resume(node)),
    before: () => answeringStatus(HEALTHY_TIMEOUT_MS),
    during: status,
    async after() {
      const answer = await answeringStatus(RECOVERY_TIMEOUT_MS);
      // The others must find it again; that they do is no part of the proof, but ends the phase.
      await probeUntil({ cluster, clock }, pairsOf(cluster.nodes), {
        isWanted: (probe) => probe.answered,
        timeoutMs: RECOVERY_TIMEOUT_MS,
      });
      return answer;
    },
    judge: (probes) => judgeSilence(probes, type),
  };
}

function networkOf(cluster: Cluster): NetworkPower {
  if (cluster.network === undefined) {
    throw new Error(`Cannot cut links: the driver ${cluster.driver} has no power over the network`);
  }
  return cluster.network;
}

function processesOf(cluster: Cluster): ProcessPower {
  if (cluster.processes === undefined) {
    throw new Error(
      `Cannot crash or pause nodes: the driver ${cluster.driver} has no power over processes`,
    );
  }
  return cluster.processes;
}

function hits(pairs: readonly Link[], probe: Probe): boolean {
  return pairs.some((pair) => pair.from === probe.from && pair.to === probe.to);
}

function waitUntil(clock: Clock, timeMs: number, signal: AbortSignal): Promise<void> {
  return waitMs(clock, timeMs - clock.monotonicMs(), signal);
}
