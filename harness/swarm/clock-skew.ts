import type { SimPlan } from "./sim-plan.ts";

/** Longer than any run: what drift may come to. */
const RUN_MS_MAX = 1_000_000;

/** The most by which the wall clocks of two nodes may ever differ in a run of this plan, in milliseconds. */
export function clockSkewMs({ run, world, faults }: SimPlan): number {
  let earliest = 0;
  let latest = 0;
  const jumps = new Map<string, { back: number; forth: number }>();
  for (const fault of faults) {
    if (fault.kind !== "clock-jump" && fault.kind !== "clock-strobe") continue;
    const ms = fault.kind === "clock-jump" ? fault.jumpMs : fault.deltaMs;
    const { back, forth } = jumps.get(fault.node) ?? { back: 0, forth: 0 };
    jumps.set(fault.node, { back: back + Math.min(0, ms), forth: forth + Math.max(0, ms) });
  }
  for (const node of new Set([...Object.keys(world.clocks), ...jumps.keys()])) {
    const { skewMs, driftPpm } = world.clocks[node] ?? { skewMs: 0, driftPpm: 0 };
    const driftMs = (Math.abs(driftPpm) * RUN_MS_MAX) / 1e6;
    const { back, forth } = jumps.get(node) ?? { back: 0, forth: 0 };
    earliest = Math.min(earliest, skewMs - driftMs + back);
    latest = Math.max(latest, skewMs + driftMs + forth);
  }
  return run.nodes < 2 && jumps.size === 0 ? 0 : latest - earliest;
}
