import type { SimFaultKind } from "../drivers/sim/world-plan.ts";

/** The kinds of faults that are drawn; the store must survive them all, those that destroy data within the fault budget. */
export const FAULT_KINDS: readonly SimFaultKind[] = [
  "cut",
  "slow",
  "clog",
  "bandwidth",
  "reset",
  "crash",
  "restart",
  "pause",
  "clock-jump",
  "clock-strobe",
  "slow-disk",
  "full-disk",
  "wipe",
  "restore",
  "corrupt",
  "datacenter",
  "join",
  "leave",
];

/**
 * The kinds that a plan may have. `remove` is not drawn: it changes a static list of members, which moves no data, so that a run with it can be held
 * to less than others (`removals.ts`). `failed-disk` is not drawn either, since one kind more would make every seed another plan: a story has it
 * (`stories/failed-disks.ts`).
 */
export const PLANNED_KINDS: readonly SimFaultKind[] = [...FAULT_KINDS, "remove", "failed-disk"];
