import type { NodeId } from "../base/ids.ts";
import type { Truncation, VersioningMode } from "../causality/versioning.ts";
import type { WriteCoordinator } from "../coordinator/write-candidates.ts";
import type { NotFound } from "../quorum/get-core.ts";

export const ENGINES = ["lmdb", "memory", "sqlite"] as const;

/** A cluster member as its configuration names it. */
export interface Member {
  readonly id: NodeId;
  /** `host:port` of its RPC listener, the same on all nodes. */
  readonly address: string;
  /**
   * Base URL under which clients reach its HTTP API, for those that go to a key's nodes themselves (D-4.5-1, `/admin/ring`). Absent: they
   * have to know it, or ask other nodes. May be `https:`, where something in front of the node speaks TLS; the client library does not, and passes it
   * over. The same on all nodes.
   */
  readonly clientUrl?: string;
  /** Where it is, 1 to 64 characters of `[A-Za-z0-9._-]`; all members name one, or none does. Default: none. */
  readonly datacenter?: string;
  /** How much it can do against the others, 1 to 1,000: of what the first ring gives out it gets as much. Default 1. */
  readonly capacity?: number;
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
  /**
   * The founders: every node with which the cluster began, the same on all nodes and for good. Who joined later is not among them, nor in
   * its own configuration, and comes by an operator's word alone; where `gossipMs` is 0 they are the members, and this node is one.
   */
  readonly members: readonly Member[];
  /**
   * From one round of gossip to the next, in milliseconds (paper: 1,000). Lower: changes of the membership spread faster. 0, the default: there is
   * none, and the members never change; so it is until the swarm has tried changes under all its faults. The same on all nodes, as far as it is 0.
   */
  readonly gossipMs: number;
  /** Node id to address to dial instead of the member's own; replaceable at run time. */
  readonly routes: Readonly<Record<string, string>>;
  /** What keeps the data; see docs/deployment.md for what each costs. Default lmdb. */
  readonly engine: (typeof ENGINES)[number];
  /** Folder of the engine's files. */
  readonly dataFolder: string;
  /** True: an acknowledgement comes after the disk's. False: faster, and a power failure loses acknowledged writes. */
  readonly sync: boolean;
  /**
   * Rows that may be acknowledged before they are stored (paper 6.1), 0 to 1,000,000. Default 0: none, every acknowledgement
   * comes after the engine's. More: lower latencies, and a crash of all replicas of a key at once loses what was
   * acknowledged and is not stored: of the last `durableGatherMs`, or `writeBufferFlushMs` with no `durableReplicas`.
   */
  readonly writeBufferObjects: number;
  /** The longest such a row waits before it is stored, 1 to 60,000. Default 100. */
  readonly writeBufferFlushMs: number;
  /**
   * How many of a write's N replicas store it before they acknowledge it where nodes buffer writes, 0 or 1. Default 1. 0: a
   * crash of the W nodes that acknowledged it is enough to lose it.
   */
  readonly durableReplicas: number;
  /**
   * The longest that such a replica lets a write wait for others to be stored with, 0 to 1,000, while more of them come. Default
   * 20. Longer: fewer commits, and more that only memories have when all replicas crash. Clients wait for it only where W
   * takes that replica, as with W = N. To be well below `hedgeMs`: a replica that waits so long counts as silent, of which a node warns.
   */
  readonly durableGatherMs: number;
  /**
   * Bytes of rows that were read last and are kept in memory, 0 to 4 GiB. Default 16 MiB; 0: every read asks the engine. Unused with
   * the memory engine. As much as what is read and written again and again is best; a row takes 400 bytes more than its key and value.
   */
  readonly rowCacheBytes: number;
  /** Replicas of each key. Default 3. Quorums count against it with fewer members, too (D-4.3-5), of which a node warns. */
  readonly n: number;
  /**
   * How many of the N copies each datacenter keeps, by its name, for example `{"east": 2, "west": 1}`: all datacenters, N together,
   * none more than it has nodes; with 0 its nodes only stand in for others. Default: as even as can be.
   */
  readonly replicasPerDatacenter?: Readonly<Record<string, number>>;
  /** Replies a read waits for, 1 to N. Default 2. */
  readonly r: number;
  /** Acknowledgements a write waits for, 1 to N. Default 2. */
  readonly w: number;
  /** Sloppy: fallbacks count. Strict: only the N primaries do. Default sloppy. */
  readonly quorum: "sloppy" | "strict";
  /** Who coordinates a write, `coordinator/write-candidates.ts` says what each choice does. The same on all nodes. Default any-owner. */
  readonly writeCoordinator: WriteCoordinator;
  /** Whether "not found" is one of the R answers of a read (K-22). Ignored: only values are. Default count. */
  readonly notFound: NotFound;
  /** False: reads leave stale replicas to hints and to anti-entropy, which then have more to do (paper 5). Default true. */
  readonly readRepair: boolean;
  readonly versioning: VersioningMode;
  /**
   * Cuts clocks of many pairs, as the paper does (4.4): a clock keeps fewer than `clockEntriesMax` pairs (reaches), or at most as
   * many (exceeds). Only for versioning `merged`, `vector-clock` and `vector-clock-max`. Costs false siblings (K-8). Default off.
   */
  readonly truncate: "off" | Truncation["rule"];
  /**
   * Where the last write wins: a record that is ahead of the node's clock by more raises an alarm, and `lww-hybrid` does not
   * follow it. In milliseconds, 1 to a day. Larger: clocks that are far off lose fewer writes, and one that is wrong takes others with it.
   * Default 500.
   */
  readonly clockSkewMaxMs: number;
  /** Pairs of a clock, 2 to 1,000: where truncation begins, or, without it, an alarm is raised. Default 10, the paper's. */
  readonly clockEntriesMax: number;
  /** Versions of a key from which on a node warns, and beyond which a write that adds one is refused. Defaults 25 and 100. */
  readonly siblingsWarn: number;
  readonly siblingsMax: number;
  /** The same for the bytes of all versions of a key. Defaults 5 and 50 MiB. */
  readonly recordBytesWarn: number;
  readonly recordBytesMax: number;
  /** Q, fixed when the cluster is created. Default 1,024. */
  readonly partitions: number;
  readonly valueBytesMax: number;
  /**
   * Bytes of all bodies of HTTP requests that the node holds at once, each from its first byte to its answer, 65 MiB (the longest one) to
   * 64 GiB; what would go beyond is refused with 503. Default 128 MiB. More: more large values and pages of rows at once, each of which takes up to
   * three times its length of memory while it is gathered and stored.
   */
  readonly requestBytesMax: number;
  /** Whole time a client request may take, in milliseconds. Default 1,000. */
  readonly requestTimeoutMs: number;
  /** A replica silent for this long is replaced by the next of the list. Default 100. */
  readonly hedgeMs: number;
  /**
   * Client requests under way at most, and as many that others forwarded; more wait (`stageQueueMax`) for at most half of their
   * time, or are shed with 503. Default 1,024.
   */
  readonly inFlightMax: number;
  /** Reads, and writes, of the node's copies for peers that are under way at most (`node/stages.ts`). Default 2,048 each. */
  readonly peerReadsMax: number;
  readonly peerWritesMax: number;
  /** Peers' background requests under way at most: trees, copies, tombstones. Default 64. */
  readonly exchangeRequestsMax: number;
  /** Pages of rows under way at most, for snapshots and restores; a page is a megabyte or more. Default 4. */
  readonly rowPagesMax: number;
  /** What waits at most in each of these stages; every further request is shed, for certain. Default 256. */
  readonly stageQueueMax: number;
  /** How often waiting hints are looked at. Default 1,000 here; the paper gives no figure. */
  readonly hintScanMs: number;
  /**
   * How long tombstones stay once all nodes agree on them, before they are removed everywhere; 0: for good. Longer than any
   * message, pause or write can be under way, one after the other, and older backups must not be restored. Default 3,600,000.
   */
  readonly tombstoneGraceMs: number;
  /**
   * Hints for one node that came back: what all others together send it in a second, a small hint counted as 4 KiB. Each sends
   * an equal share. Default 2 MiB. More: its copies are whole sooner, and clients wait longer meanwhile.
   */
  readonly hintDeliveryBytesPerSecond: number;
  /** Hints a node keeps at most, about 300 bytes of memory each; it refuses further ones, and others are asked. Default 500,000. */
  readonly hintsMax: number;
  /** Bytes of hint rows, keys included, that a node keeps at most. Default 4 GiB. */
  readonly hintBytesMax: number;
  /** How often a node believed down is tried again. Default 500. */
  readonly retryDownMs: number;
  /**
   * From one exchange of replicas to the next, each with one peer; 0: none, and no hash trees. Lower: replicas that differ
   * become equal sooner, and equal ones tell each other so more often. Default 15,000.
   */
  readonly antiEntropyMs: number;
  /** Most keys, and most bytes of records, that exchanges bring either way in a second. Default 2,000 and 4 MiB. */
  readonly antiEntropyKeysPerSecond: number;
  readonly antiEntropyBytesPerSecond: number;
  /** From one pass that checks the hash trees and all rows to the next; 0: none. Default 3,600,000. */
  readonly verifyTreesMs: number;
  /** Allows `/admin/probe` and the other hooks that break things on purpose. */
  readonly testFaults: boolean;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}
