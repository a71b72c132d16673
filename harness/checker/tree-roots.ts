/*
 * After healing and settling the replicas of each partition must have become equal by themselves, before anything is read that
 * reads could repair (C3). Each node tells the roots of its hash trees; a partition's roots tell no primaries from others, so
 * their number decides: exactly N equal ones, or none. Only versionings in which replicas that have seen the same hold the
 * same are judged: the paper's clocks may carry different values under one clock, each replica keeping its own (K-2).
 */

import type { TreeRoots } from "../history/operation.ts";
import type { Plan } from "../run/plan.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";

export interface TreeRootsResult extends CheckerResult {
  /** Partitions with keys; null where nothing is told of any tree. */
  readonly partitions: number | null;
  readonly differing: number;
}

/** What one node told. */
export type NodeRoots = Pick<TreeRoots, "node" | "isBuilt" | "roots" | "error">;

/** True where equal histories make equal replicas. */
export function convergesToEqual(versioning: Plan["versioning"]): boolean {
  return versioning !== "vector-clock" && versioning !== "vector-clock-max";
}

/** Partitions whose roots are not N equal ones, in ascending order. */
export function differingPartitions(
  nodes: readonly NodeRoots[],
  replicas: number,
): readonly string[] {
  return [...rootsByPartition(nodes)]
    .filter(([, roots]) => roots.length !== replicas || new Set(roots).size !== 1)
    .map(([partition]) => partition)
    .sort((left, right) => Number(left) - Number(right));
}

export function checkTreeRoots(
  { members, treeRoots, settled, finalReads }: Evidence,
  { n, versioning, antiEntropy }: Pick<Plan, "n" | "versioning" | "antiEntropy">,
): TreeRootsResult {
  if (treeRoots.size === 0) {
    const none = { partitions: null, differing: 0 };
    // Nobody asks a cluster that did not settle; that it did not is told elsewhere.
    const areOwed = antiEntropy === true && settled?.name === "quiesced";
    if (!areOwed || !convergesToEqual(versioning)) return { ...VALID, ...none };
    return { verdict: "unknown", reasons: [NOTHING_TOLD], ...none };
  }
  const nodes = [...treeRoots.values()];
  const partitions = rootsByPartition(nodes).size;
  const untold = members.filter((node) => {
    const told = treeRoots.get(node);
    return told === undefined || told.error !== undefined || !told.isBuilt;
  });
  const differing = differingPartitions(nodes, n);
  const counts = { partitions, differing: differing.length };
  if (!convergesToEqual(versioning)) return { ...VALID, ...counts };
  if (untold.length > 0) {
    const reasons = [`The trees of ${untold.join(", ")} were not built or not told.`];
    return { verdict: "unknown", reasons, ...counts };
  }
  const isJudged = settled?.name === "quiesced";
  if (partitions === 0) {
    const present = [...finalReads.values()].filter(({ value }) => value !== null);
    if (present.length === 0) return { ...VALID, ...counts };
    const reason = `The trees of all nodes are empty, and ${present.length} key(s) are there, the first is ${present[0]?.key}.`;
    return { verdict: isJudged ? "invalid" : "unknown", reasons: [reason], ...counts };
  }
  if (differing.length === 0) return { ...VALID, ...counts };
  const reason = `The replicas of ${differing.length} of ${partitions} partitions did not become equal; the first is partition ${differing[0]}.`;
  return { verdict: isJudged ? "invalid" : "unknown", reasons: [reason], ...counts };
}

const VALID = { verdict: "valid", reasons: [] } as const;
const NOTHING_TOLD = "The nodes have anti-entropy, and nothing is told of their trees.";

function rootsByPartition(nodes: readonly NodeRoots[]): ReadonlyMap<string, readonly string[]> {
  const byPartition = new Map<string, string[]>();
  for (const { roots } of nodes) {
    for (const [partition, root] of Object.entries(roots)) {
      const others = byPartition.get(partition);
      if (others === undefined) byPartition.set(partition, [root]);
      else others.push(root);
    }
  }
  return byPartition;
}
