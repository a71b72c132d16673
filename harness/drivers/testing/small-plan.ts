import type { ClusterPlan } from "../node-configuration-file.ts";

/** Three nodes, each with a copy of everything. */
export const SMALL_PLAN: ClusterPlan = {
  nodes: 3,
  n: 3,
  r: 2,
  w: 2,
  partitions: 64,
  quorum: "sloppy",
  versioning: "dvvset",
  engine: "memory",
};
