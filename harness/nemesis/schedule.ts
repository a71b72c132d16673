/**
 * The schedule of a run's faults: a healthy phase, then fault, pause, fault, ..., everything healed before the end.
 *
 * The time after the healthy phase is divided into slots of equal length, one a fault; as many as fit at about six seconds
 * each, and never fewer than there are kinds. Kinds come in rounds, each round in an order of its own, so that every kind
 * appears before any comes twice.
 */

import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { FaultKind, NemesisKind, Plan } from "../run/plan.ts";
import { between } from "./between.ts";
import type { ActionPlan, FaultAction } from "./fault-action.ts";
import { drawActions } from "./fault-action.ts";
import { GRUDGE_NODES_MIN, isGrudgeShape } from "./grudges.ts";

/** Times in milliseconds since the start of the workload. */
export interface PlannedFault {
  /** `<number>-<kind>` and, for a cut, its method; a datacenter that is cut off by its own name. */
  readonly name: string;
  readonly kind: FaultKind;
  readonly startMs: number;
  readonly healMs: number;
  readonly action: FaultAction;
}

export interface Schedule {
  /** Until then nothing is broken. */
  readonly healthyMs: number;
  readonly faults: readonly PlannedFault[];
  readonly endMs: number;
}

/** The part of a plan that the schedule depends on. */
export type SchedulePlan = ActionPlan & Pick<Plan, "nemesis" | "seconds">;

const SLOT_MS_WANTED = 6_000;
const SLOT_MS_MIN = 1_600;
const HEALTHY_MS_MIN = 1_500;
const HEALTHY_MS_MAX = 4_000;
const TAIL_MS_MIN = 500;
const TAIL_MS_MAX = 1_500;
const FAULT_MS_WANTED = 2_500;
const FAULT_MS_MAX = 5_000;
/** Part of a slot that is fault; the rest lets the cluster recover. */
const FAULT_SHARE_MIN = 0.55;
const FAULT_SHARE_MAX = 0.72;

/** The shortest run that has room for all these kinds. */
export function secondsMin(kinds: readonly NemesisKind[]): number {
  const count = faultKinds(kinds).length;
  if (count === 0) return 1;
  return Math.ceil((HEALTHY_MS_MIN + TAIL_MS_MIN + SLOT_MS_MIN * count) / 1_000);
}

/** The fewest nodes with which this kind can break anything. */
export function nodesMin(kind: NemesisKind): number {
  if (isGrudgeShape(kind)) return GRUDGE_NODES_MIN[kind];
  return kind === "slow" || kind === "datacenter" ? 2 : 1;
}

/** Throws RangeError where a kind needs more nodes or time than there are, or would exceed the fault budget. */
export function buildSchedule(
  plan: SchedulePlan,
  nodes: readonly string[],
  random: SeededRandom,
): Schedule {
  const endMs = plan.seconds * 1_000;
  const kinds = faultKinds(plan.nemesis);
  const healthyMs = clamp(endMs * 0.15, HEALTHY_MS_MIN, HEALTHY_MS_MAX);
  if (kinds.length === 0) return { healthyMs: Math.min(healthyMs, endMs), faults: [], endMs };
  if (plan.seconds < secondsMin(kinds)) {
    throw new RangeError(
      `Cannot schedule ${kinds.join(", ")} in ${plan.seconds} s: it takes at least ${secondsMin(kinds)} s`,
    );
  }
  const roomMs = endMs - healthyMs - clamp(endMs * 0.05, TAIL_MS_MIN, TAIL_MS_MAX);
  const count = Math.max(kinds.length, Math.round(roomMs / SLOT_MS_WANTED));
  const slotMs = roomMs / count;
  const actions = drawActions({ plan, nodes, random }, inRounds(random, kinds, count));
  const faults = actions.map(({ kind, action }, slot) => {
    const startMs = healthyMs + slot * slotMs;
    return {
      name: faultName(slot + 1, kind, action),
      kind,
      startMs: Math.round(startMs),
      healMs: Math.round(startMs + faultLengthMs(random, slotMs)),
      action,
    };
  });
  return { healthyMs, faults, endMs };
}

function inRounds(
  random: SeededRandom,
  kinds: readonly FaultKind[],
  count: number,
): readonly FaultKind[] {
  const rounds = Math.ceil(count / kinds.length);
  const order = Array.from({ length: rounds }, () => random.shuffle(kinds)).flat();
  return order.slice(0, count);
}

function faultLengthMs(random: SeededRandom, slotMs: number): number {
  const drawnMs = slotMs * between(random, FAULT_SHARE_MIN, FAULT_SHARE_MAX);
  const roomMs = slotMs * FAULT_SHARE_MAX;
  return clamp(drawnMs, Math.min(FAULT_MS_WANTED, roomMs), FAULT_MS_MAX);
}

function faultName(number: number, kind: FaultKind, action: FaultAction): string {
  if (action.type !== "cut") return `${number}-${kind}`;
  const what = action.datacenter ?? kind;
  return `${number}-${what}-${action.method === "closed" ? "closed" : "blackhole"}`;
}

/** Each kind once, in the order given. */
function faultKinds(kinds: readonly NemesisKind[]): readonly FaultKind[] {
  return [...new Set(kinds)].filter((kind): kind is FaultKind => kind !== "none");
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
