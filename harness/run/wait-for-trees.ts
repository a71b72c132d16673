import type { NodeRoots } from "../checker/tree-roots.ts";
import { differingPartitions } from "../checker/tree-roots.ts";
import type { Cluster } from "../cluster/contract.ts";
import { waitMs } from "../nemesis/wait.ts";
import type { SettleParts } from "./settle.ts";

const PAUSE_MS = 250;
/** For what an exchange itself takes, and for the first pass over the rows of a node that has just started. */
const GRACE_MS = 30_000;
/** Each pair meets within a round of exchanges; what two replicas brought together may be news for a third. */
const ROUNDS_MAX = 3;
const TIMEOUT_MS_MAX = 600_000;

/**
 * Waits, bounded, until anti-entropy has made the replicas of every partition equal, without a single read. Gives what each
 * node told last, or nothing where the nodes have no anti-entropy, or share the cluster with others. Never rejects.
 */
export async function waitForTrees(
  { cluster, clock, signal }: SettleParts,
  replicas: number,
): Promise<readonly NodeRoots[]> {
  const everyMs = cluster.keyPrefix === undefined ? await intervalOf(cluster) : 0;
  if (everyMs === 0) return [];
  const roundMs = everyMs * Math.max(1, cluster.nodes.length - 1);
  const timeoutMs = Math.min(TIMEOUT_MS_MAX, GRACE_MS + ROUNDS_MAX * roundMs);
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const nodes = await Promise.all(cluster.nodes.map((node) => rootsOf(cluster, node)));
    const areEqual =
      nodes.every(({ isBuilt }) => isBuilt) && differingPartitions(nodes, replicas).length === 0;
    if (areEqual || clock.monotonicMs() >= deadlineMs || signal.aborted) return nodes;
    await waitMs(clock, PAUSE_MS, signal);
  }
}

/** The longest of any node; 0 where one has none. */
async function intervalOf(cluster: Cluster): Promise<number> {
  const intervals = await Promise.all(
    cluster.nodes.map(async (node) => {
      try {
        return (await cluster.status(node)).antiEntropy?.everyMs ?? 0;
      } catch {
        // Of a node that does not answer the cluster's quiet tells.
        return 0;
      }
    }),
  );
  return intervals.includes(0) ? 0 : Math.max(...intervals);
}

async function rootsOf(cluster: Cluster, node: string): Promise<NodeRoots> {
  try {
    return { node, ...(await cluster.trees(node)) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { node, isBuilt: false, roots: {}, error: reason };
  }
}
