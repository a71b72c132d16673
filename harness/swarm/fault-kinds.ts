import type { SimFaultKind } from "../drivers/sim/world-plan.ts";

/** Faults that the store as it is must survive. */
export const STANDARD_KINDS: readonly SimFaultKind[] = [
  "cut",
  "slow",
  "clog",
  "bandwidth",
  "reset",
  "crash",
  "pause",
  "clock-jump",
  "clock-strobe",
  "slow-disk",
  "full-disk",
  "wipe",
];

/** Those, and the ones that bring back what was overtaken, or garble it. */
export const FAULT_KINDS: readonly SimFaultKind[] = [...STANDARD_KINDS, "restore", "corrupt"];
