import type { SimFaultKind } from "../drivers/sim/world-plan.ts";

/** Faults that the store as it is must survive. */
export const STANDARD_KINDS: readonly SimFaultKind[] = [
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
];

/** Those, and the ones whose cure is anti-entropy, which is not built yet. */
export const FAULT_KINDS: readonly SimFaultKind[] = [
  ...STANDARD_KINDS,
  "wipe",
  "restore",
  "corrupt",
];
