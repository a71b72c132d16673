import type { NodeId } from "../base/ids.ts";
import type { VersioningMode } from "../causality/versioning.ts";
import type { NotFound } from "../quorum/get-core.ts";

/** A cluster member as its configuration names it. */
export interface Member {
  readonly id: NodeId;
  /** `host:port` of its RPC listener, the same on all nodes. */
  readonly address: string;
}

/**
 * One node's configuration, checked and completed: the JSON object of `npm start -- --config FILE` or of the environment
 * variable `RINGSIDE_CONFIG`.
 */
export interface NodeConfiguration {
  /** The environment variable `RINGSIDE_NODE_ID` goes before it, so that all nodes can share one configuration. */
  readonly nodeId: NodeId;
  /** Two clusters of one id on one network would mix; 1 to 64 characters. */
  readonly clusterId: string;
  /**
   * Shared by all nodes: proves hellos and authenticates contexts. Given as it is, or as `clusterSecretFile`, the path of a file that
   * holds it. Undefined: the cluster id alone, which is no secret.
   */
  readonly clusterSecret: string | undefined;
  /** `host:port` of the HTTP API. */
  readonly httpAddress: string;
  /** `host:port` of the RPC listener. */
  readonly rpcAddress: string;
  /** Every node of the cluster, this one included. */
  readonly members: readonly Member[];
  /** Node id to address to dial instead of the member's own; replaceable at run time. */
  readonly routes: Readonly<Record<string, string>>;
  readonly engine: "lmdb" | "memory";
  /** Folder of the engine's files. */
  readonly dataFolder: string;
  /** True: an acknowledgement comes after the disk's. False: faster, and a power failure loses acknowledged writes. */
  readonly sync: boolean;
  /** Replicas of each key. Default 3. */
  readonly n: number;
  /** Replies a read waits for, 1 to N. Default 2. */
  readonly r: number;
  /** Acknowledgements a write waits for, 1 to N. Default 2. */
  readonly w: number;
  /** Sloppy: fallbacks count. Strict: only the N primaries do. Default sloppy. */
  readonly quorum: "sloppy" | "strict";
  /** Whether "not found" is one of the R answers of a read (K-22). Ignored: only values are. Default count. */
  readonly notFound: NotFound;
  readonly versioning: VersioningMode;
  /** Q, fixed when the cluster is created. Default 1,024. */
  readonly partitions: number;
  readonly valueBytesMax: number;
  /** Whole time a client request may take, in milliseconds. Default 1,000. */
  readonly requestTimeoutMs: number;
  /** A replica silent for this long is replaced by the next of the list. Default 100. */
  readonly hedgeMs: number;
  /** Client requests under way at most; more are shed with 503. Default 1,024. */
  readonly inFlightMax: number;
  /** How often waiting hints are looked at. Default 1,000 here; the paper gives no figure. */
  readonly hintScanMs: number;
  /** How often a node believed down is tried again. Default 500. */
  readonly retryDownMs: number;
  /** Allows `/admin/probe` and the other hooks that break things on purpose. */
  readonly testFaults: boolean;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}
