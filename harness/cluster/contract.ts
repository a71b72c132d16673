import type { Link } from "../nemesis/fault.ts";

/** What a node's `/admin/status` tells the harness, asked past the proxies. */
export interface NodeStatus {
  readonly nodeId: string;
  readonly incarnation: string;
  /** Names the start of the process; an incarnation may outlast it. */
  readonly life: string;
  readonly ready: boolean;
  readonly ring: { readonly epoch: number; readonly digest: string };
  /** Hints waiting here for other nodes. */
  readonly hints: number;
  /** Client requests under way. */
  readonly inFlight: number;
  /** Peers this node believes to be down. */
  readonly suspected: readonly string[];
  /** Rows that this life of the node took and then could not store. */
  readonly writesLost: number;
  /** Wall time of the node's own clock, in milliseconds since 1970. */
  readonly wallMs: number;
  readonly antiEntropy?: {
    /** From one exchange to the next; 0: there is none. */
    readonly everyMs: number;
    /** True once this life of the node has completed an exchange with each peer that shares data with it. */
    readonly isSynchronised: boolean;
  };
}

/** What a node tells of its hash trees. */
export interface NodeTrees {
  /** False while a tree may lack rows. */
  readonly isBuilt: boolean;
  /** By partition: the root in hexadecimal; only partitions that the node replicates and that hold keys. */
  readonly roots: Readonly<Record<string, string>>;
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
  /**
   * SIGTERM: the node ends what it has under way and then itself. Resolves once it is gone with exit status 0; rejects where
   * it ended otherwise, or had to be killed because it did not end in time.
   */
  shutDown(node: string): Promise<void>;
  /** Starts a node that was killed or shut down on its old ports and data; resolves when it is ready. */
  restart(node: string): Promise<void>;
  pause(node: string): Promise<void>;
  resume(node: string): Promise<void>;
  /** Destroys the data of a killed node. */
  wipe(node: string): Promise<void>;
}

/** Absent: as much as there is. */
export interface MachineLimits {
  /** Processors' worth of time, for example 0.1. */
  readonly cpus?: number;
  /**
   * Everything the machine counts as the node's use of memory, its share of the page cache too. Where it is below what the
   * machine can take back, the limit is as near to it as the machine allows.
   */
  readonly memoryBytes?: number;
}

/** What a machine has counted of its limits: the proof that they bite. Counts never fall while the node's process lives. */
export interface MachinePressure {
  /** Periods in which the node wanted to run and was held back (cgroup `nr_throttled`). */
  readonly throttledPeriods: number;
  /** Times the node asked for memory at its limit (cgroup `memory.events` max, or failcnt). */
  readonly memoryLimitHits: number;
  /** Times a limit of memory has killed the node since the cluster started. */
  readonly memoryKills: number;
  /** In use now, counted as `MachineLimits.memoryBytes` is; 0 where the node is dead. */
  readonly memoryBytes: number;
  /** Left to the node on the disk of its data. */
  readonly diskFreeBytes: number;
}

/** Power over the machine that a node has for itself, such as a container. */
export interface MachinePower {
  /** Takes the node off every network, the harness's too: nobody hears it, it hears nobody, and its process lives on. */
  detach(node: string): Promise<void>;
  /** Puts it back, under the addresses it had. */
  attach(node: string): Promise<void>;
  /** Replaces the limits. A node that dies of one has not failed on its own, and stays dead until `unlimit`. */
  limit(node: string, limits: MachineLimits): Promise<void>;
  /** Takes all limits off, and starts the node again where one has killed it; resolves when it is ready. */
  unlimit(node: string): Promise<void>;
  /** Leaves no byte on the disk of the node's data. */
  fillDisk(node: string): Promise<void>;
  /** Takes away what filled it. */
  freeDisk(node: string): Promise<void>;
  /** Known of a dead node too, and past every network. */
  pressure(node: string): Promise<MachinePressure>;
}

export interface ClockPower {
  /**
   * From now on the node's wall clock is off by this against its machine's; 0 undoes it. The monotonic clock stays as it is. A
   * node that starts again has its machine's clock.
   */
  setOffset(node: string, offsetMs: number): Promise<void>;
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
  /** The roots of the node's hash trees, past the proxies. */
  trees(node: string): Promise<NodeTrees>;
  readonly network: NetworkPower | undefined;
  readonly processes: ProcessPower | undefined;
  readonly machines: MachinePower | undefined;
  readonly clocks: ClockPower | undefined;
  /** Ends everything that was started and leaves nothing behind; the logs stay in the result folder. */
  stop(): Promise<void>;
}

/** The name of a directed link, as in proxies and `carriedBytes`: `from~to`. */
export function linkName(link: Link): string {
  return `${link.from}~${link.to}`;
}
