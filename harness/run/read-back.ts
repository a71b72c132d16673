/** The end of a run, on which its verdict rests: the cluster settles, every key is read with R=N, every replica by itself. */

import { convergesToEqual, differingPartitions } from "../checker/tree-roots.ts";
import type { Recorder } from "../history/recorder.ts";
import type { Plan } from "./plan.ts";
import { readReplicas } from "./read-replicas.ts";
import type { SettleParts } from "./settle.ts";
import { settle, waitUntilEqual } from "./settle.ts";
import { waitForTrees } from "./wait-for-trees.ts";
import type { FinalReadParts, Workload } from "./workload.ts";

export interface Ending extends SettleParts {
  readonly recorder: Recorder;
  readonly workload: Workload;
  /** Past the proxies. */
  readonly readers: FinalReadParts["readers"];
}

const EQUAL_AFTER_READS_TIMEOUT_MS = 10_000;

/**
 * Waits, bounded, until the healed cluster is quiet and its replicas have become equal by themselves, and records whether they
 * have. True where nothing stays open that the checkers would name.
 */
export async function settleDown(ending: Ending, plan: Plan): Promise<boolean> {
  const wanted = { keys: ending.workload.keys(plan), replicas: plan.n };
  const { quiesced, detail } = await settle(ending, wanted);
  ending.recorder.note({ type: "marker", name: quiesced ? "quiesced" : "unsettled", detail });
  if (!quiesced) return false;
  const nodes = await waitForTrees(ending, plan.n);
  for (const told of nodes) {
    ending.recorder.note({ type: "tree-roots", ...told });
  }
  const areTold = nodes.every(({ isBuilt, error }) => isBuilt && error === undefined);
  const areEqual = areTold && differingPartitions(nodes, plan.n).length === 0;
  return areEqual || !convergesToEqual(plan.versioning);
}

/** Reads every key with R=N, then every node's own copy, and records it all. */
export async function readBack(ending: Ending, plan: Plan): Promise<void> {
  const { cluster, recorder, workload, readers } = ending;
  const keys = workload.keys(plan);
  await workload.readAll({ recorder, readers }, plan);
  // The reads repair what they found stale, after they were answered.
  await waitUntilEqual(ending, { keys, replicas: plan.n }, EQUAL_AFTER_READS_TIMEOUT_MS);
  for (const { node, key, copy, error } of await readReplicas(cluster, keys)) {
    const read = { type: "replica-read", node, key, value: null, versions: 0 } as const;
    recorder.note(
      copy === undefined
        ? { ...read, error: error ?? "no answer" }
        : { ...read, digest: copy.digest },
    );
  }
}
