import type { Cluster, ReplicaCopy } from "../cluster/contract.ts";

export interface ReplicaRead {
  readonly node: string;
  readonly key: string;
  /** Undefined where the node did not answer. */
  readonly copy: ReplicaCopy | undefined;
  readonly error: string | undefined;
}

const CONCURRENT_READS_MAX = 16;

/**
 * Every node's own copy of every key, without repair, in the order of the keys: a copy left on a fallback is as wrong
 * as one that is missing. Never rejects.
 */
export async function readReplicas(
  cluster: Cluster,
  keys: readonly string[],
): Promise<readonly ReplicaRead[]> {
  const reads: (readonly ReplicaRead[])[] = keys.map(() => []);
  let next = 0;
  const readSome = async () => {
    while (next < keys.length) {
      const position = next++;
      reads[position] = await readKey(cluster, keys[position] ?? "");
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_READS_MAX }, readSome));
  return reads.flat();
}

function readKey(cluster: Cluster, key: string): Promise<readonly ReplicaRead[]> {
  const bytes = Buffer.from(`${cluster.keyPrefix ?? ""}${key}`, "utf8");
  return Promise.all(
    cluster.nodes.map(async (node): Promise<ReplicaRead> => {
      try {
        return { node, key, copy: await cluster.replica(node, bytes), error: undefined };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { node, key, copy: undefined, error: reason };
      }
    }),
  );
}
