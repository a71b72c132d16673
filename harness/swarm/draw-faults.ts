/*
 * The faults of one seed: a random subset of the patterns below, each with its own rate, laid over the load without regard
 * to each other, so that they overlap in every way. Only two things are kept apart: a node that is down cannot be killed
 * again, and faults that destroy data keep to the fault budget unless the seed drew to go beyond it.
 */

import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { SimFault, SimFaultKind, WorldPlan } from "../drivers/sim/world-plan.ts";
import type { DataEvent } from "../nemesis/fault-budget.ts";
import { withinBudget } from "../nemesis/fault-budget.ts";
import type { Plan } from "../run/plan.ts";
import { chance, magnitudeBetween, wholeBetween } from "./chance.ts";
import type { LinkPattern } from "./draw-link-faults.ts";
import { drawLinkFaults, LINK_PATTERNS } from "./draw-link-faults.ts";
import { destroysData } from "./plan-expectation.ts";

export interface FaultDraw {
  readonly run: Pick<
    Plan,
    "seconds" | "engine" | "writeBufferObjects" | "w" | "clientsRoam" | "datacenters"
  >;
  readonly world: WorldPlan;
  readonly nodes: readonly string[];
  /** Kinds that may be drawn. */
  readonly kinds: readonly SimFaultKind[];
}

export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

type NodePattern =
  | "process-crash"
  | "power-failure"
  | "restart"
  | "pause"
  | "clock-jump"
  | "clock-strobe"
  | "slow-disk"
  | "full-disk"
  | "wipe"
  | "restore"
  | "cold-restore"
  | "corrupt";

const NODE_PATTERNS: Readonly<Record<NodePattern, SimFaultKind>> = {
  "process-crash": "crash",
  "power-failure": "crash",
  restart: "restart",
  pause: "pause",
  "clock-jump": "clock-jump",
  "clock-strobe": "clock-strobe",
  "slow-disk": "slow-disk",
  "full-disk": "full-disk",
  wipe: "wipe",
  restore: "restore",
  "cold-restore": "restore",
  corrupt: "corrupt",
};

/** Would do nothing to a node that keeps its data in memory. */
const NEED_DISK: ReadonlySet<NodePattern> = new Set(["slow-disk", "full-disk", "corrupt"]);

const QUIET_SHARE = 0.05;
const PATTERN_SHARE = 0.35;
/** Only a power failure tells an unsynced disk from a synced one. */
const UNSYNCED_POWER_SHARE = 0.9;
const BEYOND_BUDGET_SHARE = 0.05;
const FAULTS_A_SECOND_MAX = 1.5;
const FAULTS_OF_PATTERN_MAX = 12;
const FAULT_MS_MIN = 50;
const FAULT_MS_MAX = 5_000;
/** Later a fault would meet hardly any operation. */
const START_SHARE_MAX = 0.9;

/** Faults in the order of their start, all over by the end of the load. */
export function drawFaults(random: SeededRandom, draw: FaultDraw): readonly SimFault[] {
  const seconds = draw.run.seconds;
  if (chance(random, QUIET_SHARE)) return [];
  const beyondBudget = chance(random, BEYOND_BUDGET_SHARE);
  const faults: SimFault[] = [];
  for (const pattern of Object.keys(LINK_PATTERNS) as LinkPattern[]) {
    const own = random.fork(pattern);
    if (!draw.kinds.includes(LINK_PATTERNS[pattern])) continue;
    for (let left = drawCount(own, seconds, PATTERN_SHARE); left > 0; left -= 1) {
      faults.push(...drawLinkFaults(own, pattern, drawSpan(own, seconds), draw));
    }
  }
  for (const pattern of Object.keys(NODE_PATTERNS) as NodePattern[]) {
    const own = random.fork(pattern);
    if (!draw.kinds.includes(NODE_PATTERNS[pattern])) continue;
    if (draw.run.engine === "memory" && NEED_DISK.has(pattern)) continue;
    // Whether a node meets the damage depends on what its buffer holds, which the oracle is not told of its disk.
    if (draw.run.writeBufferObjects !== undefined && pattern === "corrupt") continue;
    const share =
      pattern === "power-failure" && !draw.world.sync ? UNSYNCED_POWER_SHARE : PATTERN_SHARE;
    for (let left = drawCount(own, seconds, share); left > 0; left -= 1) {
      const span = drawSpan(own, seconds);
      const nodes = possibleNodes(faults, pattern, span, draw, beyondBudget);
      faults.push(...drawNodeFault(own, pattern, span, nodes));
    }
  }
  return faults.sort((left, right) => left.startMs - right.startMs);
}

/** How many faults of one pattern; 0 where the seed does without it. */
function drawCount(random: SeededRandom, seconds: number, share: number): number {
  const isOn = chance(random, share);
  const aSecond = (FAULTS_A_SECOND_MAX * magnitudeBetween(random, 1, 100)) / 100;
  return isOn ? Math.max(1, Math.min(FAULTS_OF_PATTERN_MAX, Math.round(aSecond * seconds))) : 0;
}

function drawSpan(random: SeededRandom, seconds: number): Span {
  const loadMs = seconds * 1_000;
  const startMs = wholeBetween(random, 0, Math.floor(loadMs * START_SHARE_MAX));
  const lengthMs = magnitudeBetween(random, FAULT_MS_MIN, FAULT_MS_MAX);
  return { startMs, endMs: Math.min(loadMs, startMs + lengthMs) };
}

/** Nodes that this fault may hit: up all the while where it kills, and within the budget where it destroys. */
function possibleNodes(
  faults: readonly SimFault[],
  pattern: NodePattern,
  span: Span,
  { nodes, run, world }: FaultDraw,
  beyondBudget: boolean,
): readonly string[] {
  const durability = { ...run, sync: world.sync };
  const lost: readonly DataEvent[] = faults.flatMap((fault) =>
    "node" in fault && destroysData(fault, durability)
      ? [{ node: fault.node, what: "destroyed" as const }]
      : [],
  );
  return nodes.filter((node) => {
    if (run.writeBufferObjects !== undefined && wouldLoseItsBuffer(faults, pattern, node))
      return false;
    const samples = faultsOn(node, pattern, span);
    if (samples.some((sample) => faults.some((other) => killsTwice(other, sample)))) return false;
    if (beyondBudget || !samples.some((sample) => destroysData(sample, durability))) return true;
    return withinBudget([...lost, { node, what: "destroyed" }], run.w);
  });
}

/** A stop in order that finds the disk full destroys what is in the buffer, and the budget was asked about neither fault. */
function wouldLoseItsBuffer(
  faults: readonly SimFault[],
  pattern: NodePattern,
  node: string,
): boolean {
  const other =
    pattern === "restart" ? "full-disk" : pattern === "full-disk" ? "restart" : undefined;
  return faults.some((fault) => fault.kind === other && "node" in fault && fault.node === node);
}

/** True where both faults kill one node at overlapping times. */
export function killsTwice(one: SimFault, other: SimFault): boolean {
  return (
    kills(one) &&
    kills(other) &&
    one.node === other.node &&
    one.startMs <= other.endMs &&
    other.startMs <= one.endMs
  );
}

type Kill = SimFault & { kind: "crash" | "restart" | "wipe" | "restore" };

function kills(fault: SimFault): fault is Kill {
  return KILLS.has(fault.kind);
}

const KILLS: ReadonlySet<SimFaultKind> = new Set(["crash", "restart", "wipe", "restore"]);

function drawNodeFault(
  random: SeededRandom,
  pattern: NodePattern,
  span: Span,
  nodes: readonly string[],
): readonly SimFault[] {
  const numbers = {
    jumpMs: magnitudeBetween(random, 10, 3_600_000) * (chance(random, 0.5) ? 1 : -1),
    deltaMs: magnitudeBetween(random, 50, 5_000),
    periodMs: magnitudeBetween(random, 10, 500),
    readMs: wholeBetween(random, 0, 100),
    writeMs: magnitudeBetween(random, 1, 1_000),
    snapshotMs: wholeBetween(random, 0, span.startMs),
  };
  return nodes.length === 0 ? [] : faultsOn(random.pick(nodes), pattern, span, numbers);
}

interface FaultNumbers {
  readonly jumpMs: number;
  readonly deltaMs: number;
  readonly periodMs: number;
  readonly readMs: number;
  readonly writeMs: number;
  readonly snapshotMs: number;
}

const SMALLEST: FaultNumbers = {
  jumpMs: 1,
  deltaMs: 1,
  periodMs: 1,
  readMs: 0,
  writeMs: 1,
  snapshotMs: 0,
};

/** Mostly one; a cold backup takes a node that was shut down, and comes back over a later life of it. */
function faultsOn(
  node: string,
  pattern: NodePattern,
  span: Span,
  numbers: FaultNumbers = SMALLEST,
): readonly SimFault[] {
  if (pattern !== "cold-restore") return [faultOn(node, pattern, span, numbers)];
  const { startMs, endMs } = span;
  const part = Math.floor((endMs - startMs) / 3);
  if (part < 1) return [];
  const upMs = startMs + part;
  return [
    { kind: "restart", startMs, endMs: upMs, node },
    { kind: "restore", startMs: endMs - part, endMs, node, snapshotMs: upMs - 1 },
  ];
}

function faultOn(
  node: string,
  pattern: Exclude<NodePattern, "cold-restore">,
  span: Span,
  numbers: FaultNumbers = SMALLEST,
): SimFault {
  const { startMs } = span;
  const { jumpMs, deltaMs, periodMs, readMs, writeMs, snapshotMs } = numbers;
  switch (pattern) {
    case "process-crash":
      return { kind: "crash", ...span, node, power: false };
    case "power-failure":
      return { kind: "crash", ...span, node, power: true };
    case "pause":
    case "restart":
    case "full-disk":
    case "wipe":
      return { kind: pattern, ...span, node };
    case "clock-jump":
      return { kind: pattern, startMs, node, jumpMs };
    case "clock-strobe":
      return { kind: pattern, ...span, node, deltaMs, periodMs };
    case "slow-disk":
      return { kind: pattern, ...span, node, readMs, writeMs };
    case "restore":
      return { kind: pattern, ...span, node, snapshotMs };
    case "corrupt":
      return { kind: pattern, startMs, node };
  }
}
