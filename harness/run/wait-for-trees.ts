import { waitMs } from "../../src/env/wait.ts";
import type { NodeRoots } from "../checker/tree-roots.ts";
import { differingPartitions } from "../checker/tree-roots.ts";
import type { Cluster } from "../cluster/contract.ts";
import type { SettleParts } from "./settle.ts";

const PAUSE_MS = 250;
/** For what an exchange itself takes, and for the first pass over the rows of a node that has just started. */
const GRACE_MS = 30_000;
/** Each pair meets within a round of exchanges; what two replicas brought together may be news for a third. */
const ROUNDS_MAX = 3;
const TIMEOUT_MS_MAX = 600_000;

/**
 * Waits, bounded, until anti-entropy has made the replicas of every partition equal, without a single read. Gives what each
 * node told last, an error where it told nothing; or nothing where a node says that it has no anti-entropy, or the nodes share
 * the cluster with others. Never rejects.
 */
export async function waitForTrees(
  parts: SettleParts,
  replicas: number,
): Promise<readonly NodeRoots[]> {
  const { cluster, clock, signal } = parts;
  if (cluster.keyPrefix !== undefined) return [];
  const askedUntilMs = clock.monotonicMs() + GRACE_MS;
  const intervals = await Promise.all(
    cluster.nodes.map((node) => intervalOf(parts, node, askedUntilMs)),
  );
  const told = intervals.flatMap((each) => ("everyMs" in each ? [each.everyMs] : []));
  if (told.includes(0)) return [];
  const untold = intervals.flatMap((each) => ("error" in each ? [each] : []));
  if (untold.length > 0) return untold;
  const roundMs = Math.max(...told) * Math.max(1, cluster.nodes.length - 1);
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

/** How often the node exchanges, 0 for never; asked again until it answers or the time is over. */
async function intervalOf(
  { cluster, clock, signal }: SettleParts,
  node: string,
  deadlineMs: number,
): Promise<{ readonly everyMs: number } | ReturnType<typeof untoldBy>> {
  for (;;) {
    try {
      return { everyMs: (await cluster.status(node)).antiEntropy?.everyMs ?? 0 };
    } catch (error) {
      if (clock.monotonicMs() >= deadlineMs || signal.aborted) return untoldBy(node, error);
    }
    await waitMs(clock, PAUSE_MS, signal);
  }
}

async function rootsOf(cluster: Cluster, node: string): Promise<NodeRoots> {
  try {
    return { node, ...(await cluster.trees(node)) };
  } catch (error) {
    return untoldBy(node, error);
  }
}

function untoldBy(node: string, error: unknown): NodeRoots & { readonly error: string } {
  const reason = error instanceof Error ? error.message : String(error);
  return { node, isBuilt: false, roots: {}, error: reason };
}
