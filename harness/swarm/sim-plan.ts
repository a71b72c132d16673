import type { SimFault, WorldPlan } from "../drivers/sim/world-plan.ts";
import type { Plan } from "../run/plan.ts";
import type { SnapshotPlan } from "./snapshot-plan.ts";

/** Everything that defines one simulated run: a seed drawn, or a plan shrunk from one. Enough to repeat it to the byte. */
export interface SimPlan {
  readonly format: "ringside-sim-plan";
  readonly version: 1;
  /** Where all chance comes from that the rest of the plan leaves open. */
  readonly seed: number;
  /** Cluster, workload and load; `cluster` is sim, `nemesis` none: the faults stand below. */
  readonly run: Plan;
  /** Most operations begun; the load ends with them or with the plan's seconds. */
  readonly operations: number;
  /** About how many requests the adversary sends, who comes with the load (`adversary.ts`); undefined: there is none. */
  readonly adversaryRequests?: number;
  /** Keys that are written with the load and not read before the end (`cold-writer.ts`); undefined: there are none. */
  readonly coldKeys?: number;
  /** Keys that are deleted early in the load and left alone for long (`key-deleter.ts`); undefined: there are none. */
  readonly deletedKeys?: number;
  /** Undefined: no snapshot is taken. */
  readonly snapshot?: SnapshotPlan;
  readonly world: WorldPlan;
  /** In the order of their start. */
  readonly faults: readonly SimFault[];
  /**
   * The liveness phase: these nodes are healed and must serve while all others are down. Empty: no such phase.
   */
  readonly core: readonly string[];
}
