import type { Cluster } from "../cluster/contract.ts";

/** `cluster.json`: what ran, as far as the plan does not say it. */
interface ClusterFile {
  readonly format: "ringside-cluster";
  readonly version: 1;
  readonly driver: Cluster["driver"];
  readonly nodes: readonly string[];
  /** What every key of the run begins with in the cluster, where it is not the run's own. */
  readonly keyPrefix?: string;
  readonly toxiproxy: Cluster["toxiproxy"];
}

export function clusterFile({ driver, nodes, keyPrefix, toxiproxy }: Cluster): ClusterFile {
  const prefix = keyPrefix === undefined ? {} : { keyPrefix };
  return { format: "ringside-cluster", version: 1, driver, nodes, ...prefix, toxiproxy };
}
