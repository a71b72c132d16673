import type { WorldPlan } from "./world-plan.ts";

/** A small healthy data centre: what `bench --cluster sim` runs in, where all faults come from the nemesis. */
export const CALM_WORLD: WorldPlan = {
  network: { minMs: 0.1, meanMs: 0.3 },
  links: {},
  choppedShare: 0.1,
  diskWrite: { minMs: 0.5, meanMs: 1.5 },
  diskRead: { minMs: 0, meanMs: 0 },
  sync: true,
  clocks: {},
  settings: {},
};
