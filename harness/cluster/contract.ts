import type { Link } from "../nemesis/fault.ts";

/** What a node's `/admin/status` tells the harness, asked past the proxies. */
export interface NodeStatus {
  readonly nodeId: string;
  readonly incarnation: string;
  readonly ready: boolean;
  readonly ring: { readonly epoch: number; readonly digest: string };
  /** Hints waiting here for other nodes. */
  readonly hints: number;
  /** Client requests under way. */
  readonly inFlight: number;
  /** Peers this node believes to be down. */
  readonly suspected: readonly string[];
}

export interface ReplicaCopy {
  /** Hex digest of the canonical record; null where the node holds none. */
  readonly digest: string | null;
}

export interface ProbeAnswer {
  readonly answered: boolean;
  /** Why not, where it did not answer. */
  readonly detail: string;
  /** From the call to the answer, or to giving up. */
  readonly latencyMs: number;
}

/** Where somebody reaches a node: `direct` for the harness itself, `client` through the proxies. */
export interface Addresses {
  /** `http://host:port` past every proxy. */
  readonly direct: string;
  /** By home node: the URL through that client group's own proxy. */
  readonly clients: ReadonlyMap<string, string>;
}

/** A link fault the network power can apply. */
export type LinkFault =
  | { readonly kind: "black-hole" }
  | { readonly kind: "closed" }
  | { readonly kind: "latency"; readonly latencyMs: number; readonly jitterMs: number };

/** Optional powers: asked for, never stubbed. */
export interface NetworkPower {
  /**
   * `black-hole`: the second end of each link does not hear the first. `closed`: connections of the pair are cut and
   * refused, in both directions. `latency`: what the first says to the second comes late.
   */
  apply(links: readonly Link[], fault: LinkFault): Promise<void>;
  /** Undoes every link fault. */
  heal(): Promise<void>;
  /** Bytes carried so far by the proxy of each directed link, requests plus replies; undefined where nobody counts. */
  carriedBytes(): Promise<ReadonlyMap<string, number> | undefined>;
}

export interface ProcessPower {
  /** kill -9. Resolves when the process is gone. */
  kill(node: string): Promise<void>;
  /** Starts a killed node on its old ports and data; resolves when it is ready. */
  restart(node: string): Promise<void>;
  pause(node: string): Promise<void>;
  resume(node: string): Promise<void>;
  /** Destroys the data of a killed node. */
  wipe(node: string): Promise<void>;
}

/** A running cluster, as the run, the nemeses and the observers see it. */
export interface Cluster {
  readonly driver: "processes" | "docker" | "external" | "sim";
  readonly nodes: readonly string[];
  /** Begins every key of the run where others keep theirs beside it; undefined where the cluster is the run's own. */
  readonly keyPrefix?: string;
  readonly toxiproxy: { readonly kind: "embedded" | "real" | "none"; readonly version: string };
  addresses(node: string): Addresses;
  /** Past the proxies; rejects where the node does not answer. */
  status(node: string): Promise<NodeStatus>;
  /** `node` calls `peer` over its own RPC connection; rejects where `node` itself cannot be asked. */
  probe(node: string, peer: string): Promise<ProbeAnswer>;
  /** The node's own copy of a key, without repair, past the proxies. */
  replica(node: string, key: Uint8Array): Promise<ReplicaCopy>;
  readonly network: NetworkPower | undefined;
  readonly processes: ProcessPower | undefined;
  /** Ends everything that was started and leaves nothing behind; the logs stay in the result folder. */
  stop(): Promise<void>;
}

/** The name of a directed link, as in proxies and `carriedBytes`: `from~to`. */
export function linkName(link: Link): string {
  return `${link.from}~${link.to}`;
}
