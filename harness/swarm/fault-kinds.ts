import type { SimFaultKind } from "../drivers/sim/world-plan.ts";

/** Every kind of fault of a simulated run; the store must survive them all, those that destroy data within the fault budget. */
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
];
