/*
 * What anti-entropy is held to in a simulated run. Two promises: a node's hash trees are those of its rows, at every moment; and once
 * all is healed and quiet they become equal among the replicas of each partition, with no read to help (C3). Each is
 * worthless without the other: trees that miss a row are equal too easily.
 */

import { versioningFor } from "../../src/causality/versioning-for.ts";
import type { ReachablePoint } from "../../src/env/catalogue.ts";
import { HashTree } from "../../src/merkle/hash-tree.ts";
import { digestOf } from "../../src/merkle/leaf.ts";
import { recordOf } from "../../src/replica/row.ts";
import { keyOfRecordRow, partitionOfRecordRow } from "../../src/replica/row-keys.ts";
import { convergesToEqual, differingPartitions } from "../checker/tree-roots.ts";
import type { NodeTrees } from "../cluster/contract.ts";
import type { SimCluster } from "../drivers/sim/sim-cluster.ts";
import type { SimNode } from "../drivers/sim/sim-node.ts";
import type { HistoryLine } from "../history/operation.ts";
import type { Plan } from "../run/plan.ts";
import type { Finding } from "./sim-outcome.ts";

const DRIFT: ReachablePoint = "a hash tree had drifted from its rows";

/** The trees of every node with anti-entropy against its rows as they are now. */
export function checkTrees({ simNodes }: Pick<SimCluster, "simNodes">): readonly Finding[] {
  return [...simNodes.values()].flatMap((machine): Finding[] => {
    const { node, configuration, name } = machine;
    if (node === undefined || configuration.antiEntropyMs === 0) return [];
    const { isBuilt, roots } = node.operator.trees() as NodeTrees;
    if (!isBuilt) return [finding("a node's trees are not built", `Those of node ${name}`)];
    const wrong = partitionsOtherThan(roots, rootsOfRows(machine));
    if (wrong.length === 0) return [];
    const detail = `At node ${name} partition ${wrong[0]}, one of ${wrong.length}: its tree's root is not that of its rows`;
    return [finding("a tree is not that of its rows", detail)];
  });
}

/** What nodes found themselves: where no row is damaged, a pass that makes the trees anew finds the same. */
export function checkDrift(reached: Readonly<Record<string, number>>): readonly Finding[] {
  if (!(DRIFT in reached)) return [];
  return [finding("a tree had drifted from its rows", "A node's pass over its rows found it out")];
}

/** What the end of the run recorded of the trees, in versionings whose replicas become equal. */
export function checkEqualTrees(
  lines: readonly HistoryLine[],
  { n, versioning }: Pick<Plan, "n" | "versioning">,
): readonly Finding[] {
  const told = lines.filter((line) => line.type === "tree-roots");
  if (!convergesToEqual(versioning)) return [];
  const differing = differingPartitions(told, n);
  if (differing.length === 0) return [];
  const detail = `Quiet, healed and given its time, anti-entropy left partition ${differing[0]}, one of ${differing.length}, with other than ${n} equal roots`;
  return [finding("replicas do not become equal", detail)];
}

function finding(anomaly: string, detail: string): Finding {
  return { check: "trees", anomaly, detail };
}

function partitionsOtherThan(
  roots: NodeTrees["roots"],
  expected: NodeTrees["roots"],
): readonly string[] {
  const partitions = new Set([...Object.keys(roots), ...Object.keys(expected)]);
  return [...partitions].filter((partition) => roots[partition] !== expected[partition]);
}

/** Made from nothing but what the engine shows, of the partitions that the node replicates. */
function rootsOfRows(machine: SimNode): NodeTrees["roots"] {
  const { node, configuration, name } = machine;
  const versioning = versioningFor(configuration.versioning);
  const trees = new Map<number, HashTree>();
  for (const { key: rowKey, value } of machine.shownRecords().values()) {
    if (value === undefined) continue;
    const partition = partitionOfRecordRow(rowKey);
    const primaries = node?.ring().preferenceListOf(partition).slice(0, configuration.n) ?? [];
    if (!primaries.some((primary) => primary === name)) continue;
    const tree = trees.get(partition) ?? new HashTree();
    trees.set(partition, tree);
    const record = recordOf(value);
    const digest = digestOf(versioning.fingerprintBytes(record));
    tree.put({ key: keyOfRecordRow(rowKey), digest });
  }
  return Object.fromEntries(
    [...trees].map(([partition, tree]) => [
      String(partition),
      Buffer.from(tree.hash(), "latin1").toString("hex"),
    ]),
  );
}
