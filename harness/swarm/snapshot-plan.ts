import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { Plan } from "../run/plan.ts";
import { chance, wholeBetween } from "./chance.ts";
import type { PlanFields } from "./plan-fields.ts";

/** A snapshot that is taken under load and faults, and restored into a fresh cluster when the run is over. */
export interface SnapshotPlan {
  /** Virtual time after the load has begun. */
  readonly startMs: number;
  /** Partitions taken at once. */
  readonly partitionsAtOnce: number;
  /** So many nodes are never asked, the first ones; 0 to W - 1, so that it still covers what W nodes acknowledged. */
  readonly leftOut: number;
  /** Q of the cluster that it is restored into. */
  readonly restoredPartitions: number;
}

const SHARE = 0.25;
const LEFT_OUT_SHARE = 0.3;
const PARTITIONS = [16, 31, 64, 255, 1_024] as const;
const PARTITIONS_MAX = 65_536;

export function drawSnapshot(
  random: SeededRandom,
  { seconds, w, partitions }: Pick<Plan, "seconds" | "w" | "partitions">,
): { readonly snapshot?: SnapshotPlan } {
  const snapshot = {
    startMs: wholeBetween(random, 0, 1_000 * seconds),
    partitionsAtOnce: Math.ceil(partitions / wholeBetween(random, 1, 4)),
    leftOut: wholeBetween(random, 0, w - 1),
    restoredPartitions: random.pick(PARTITIONS),
  };
  const leftOut = chance(random, LEFT_OUT_SHARE) ? snapshot.leftOut : 0;
  return chance(random, SHARE) ? { snapshot: { ...snapshot, leftOut } } : {};
}

/** Throws PlanFileError. */
export function readSnapshotPlan(
  fields: PlanFields,
  { w, nodes }: Pick<Plan, "w" | "nodes">,
): SnapshotPlan {
  const snapshot = {
    startMs: fields.number("startMs", 0, 86_400_000),
    partitionsAtOnce: fields.whole("partitionsAtOnce", 1, PARTITIONS_MAX),
    leftOut: fields.whole("leftOut", 0, w - 1),
    restoredPartitions: fields.whole("restoredPartitions", nodes, PARTITIONS_MAX),
  };
  fields.end();
  return snapshot;
}
