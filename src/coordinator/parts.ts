import type { NodeId } from "../base/ids.ts";
import type { Clock, Siblings, Versioning } from "../causality/versioning.ts";
import type { Counter, Histogram } from "../env/metrics.ts";
import type { Detector } from "../membership/failure-detector.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls } from "../rpc/contract.ts";
import type { WriteOptions } from "../storage/engine.ts";
import type { LiveRequests } from "./live-requests.ts";
import type { WriteCoordinator } from "./write-candidates.ts";

/** A coordinator's own copies, as it uses them. Implemented by `replica/replica.ts`. */
export interface LocalReplica {
  read(key: Uint8Array): Promise<Uint8Array | undefined>;
  store(
    key: Uint8Array,
    record: Uint8Array,
    hintFor: NodeId | undefined,
    options?: WriteOptions,
  ): Promise<void>;
  mint(
    key: Uint8Array,
    context: Clock,
    payload: Uint8Array,
    hintFor: NodeId | undefined,
    options?: MintOptions,
  ): Promise<Minted>;
}

export interface MintOptions extends WriteOptions {
  /** True once the write must not happen any more. */
  readonly isWithdrawn?: () => boolean;
  /** Called where the key is busy: `leave` withdraws the write at once, unless its turn has come. */
  readonly onQueued?: (leave: () => void) => void;
}

/** A local write that is visible; `stored` resolves once it is durable. */
export interface Minted {
  readonly record: Uint8Array;
  readonly siblings: Siblings;
  readonly stored: Promise<void>;
}

export interface CoordinatorParts {
  readonly nodeId: NodeId;
  readonly replica: LocalReplica;
  readonly calls: PeerCalls;
  readonly detector: Detector;
  readonly versioning: Versioning;
  /** The ring as of now; a request keeps the one it began with. */
  readonly ring: () => Ring;
  readonly instruments: CoordinatorInstruments;
  readonly liveRequests: LiveRequests;
}

export interface CoordinatorOptions {
  readonly n: number;
  readonly quorum: "sloppy" | "strict";
  readonly writeCoordinator: WriteCoordinator;
  readonly hedgeMs: number;
  /** Copies of a write that are stored before they are acknowledged where nodes buffer: 0 or 1. */
  readonly durableReplicas: number;
  /** False: reads leave stale replicas as they are. */
  readonly readRepair: boolean;
  /** How long after the reply outstanding answers of a read are waited for before repair (D-5-7). */
  readonly repairWaitMs: number;
}

export interface CoordinatorInstruments {
  readonly writes: Counter;
  readonly forwards: Counter;
  readonly hedges: Counter;
  readonly repairs: Counter;
  readonly hintsKept: Counter;
  readonly hintsFailed: Counter;
  readonly versionsPerRead: Histogram;
}
