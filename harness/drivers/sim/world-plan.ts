import type { WriteCoordinator } from "../../../src/coordinator/write-candidates.ts";
import type { Link } from "../../nemesis/fault.ts";

/** How long something takes: never below `minMs`, `meanMs` on average, exponentially distributed above the minimum. */
export interface DelayPlan {
  readonly minMs: number;
  readonly meanMs: number;
}

/** One node's clock against the simulated time. */
export interface ClockPlan {
  /** Added to the wall time from the start on. */
  readonly skewMs: number;
  /** How much faster it runs, in parts per million; negative: slower. Wall and monotonic time alike. */
  readonly driftPpm: number;
}

/** The world a simulated cluster lives in, as far as no fault says otherwise. */
export interface WorldPlan {
  /** One way, drawn for every batch of bytes; order within a connection is kept. */
  readonly network: DelayPlan;
  /** By link, `from~to`, where it differs: the two directions of a pair need not be equally fast. */
  readonly links: Readonly<Record<string, DelayPlan>>;
  /** Share of connections whose bytes arrive in pieces cut anywhere, 0 to 1. */
  readonly choppedShare: number;
  /** From the write to the moment it is durable. */
  readonly diskWrite: DelayPlan;
  /** Of a read that the cache cannot answer; 0 and 0: reads cost no time. */
  readonly diskRead: DelayPlan;
  /** False: nodes acknowledge before their disk does, and a power failure may take what it acknowledged. */
  readonly sync: boolean;
  /** By node; a node that is not named keeps the simulated time exactly. */
  readonly clocks: Readonly<Record<string, ClockPlan>>;
  /** By node, how much it can do; undefined: all as much. */
  readonly capacities?: Readonly<Record<string, number>>;
  /** Machines beside those of the founders, on which nodes may be started and join; undefined: none. */
  readonly spares?: number;
  /** Fields of every node's configuration that differ from the driver's own. */
  readonly settings: {
    readonly gossipMs?: number;
    readonly requestTimeoutMs?: number;
    readonly hedgeMs?: number;
    readonly hintScanMs?: number;
    readonly retryDownMs?: number;
    readonly tombstoneGraceMs?: number;
    readonly antiEntropyMs?: number;
    readonly verifyTreesMs?: number;
    readonly writeBufferFlushMs?: number;
    readonly durableReplicas?: number;
    readonly durableGatherMs?: number;
    readonly rowCacheBytes?: number;
    readonly hintsMax?: number;
    readonly hintBytesMax?: number;
    readonly hintDeliveryBytesPerSecond?: number;
    readonly inFlightMax?: number;
    readonly peerReadsMax?: number;
    readonly peerWritesMax?: number;
    readonly exchangeRequestsMax?: number;
    readonly rowPagesMax?: number;
    readonly stageQueueMax?: number;
    readonly writeCoordinator?: WriteCoordinator;
  };
}

/** Faults that last from `startMs` to `endMs`, in milliseconds since the load began. Several may overlap. */
interface Lasting {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * One fault of a simulated run. Each heals by itself and undoes nothing but itself: two cuts of one link end with the later
 * one.
 */
export type SimFault =
  | (Lasting & {
      /** The second end of each link does not hear the first (black-hole), or connections are cut and refused (closed). */
      readonly kind: "cut";
      readonly method: "black-hole" | "closed";
      readonly links: readonly Link[];
    })
  /** The same of a whole datacenter: nobody inside hears anybody outside, nor the other way round. */
  | (Lasting & {
      readonly kind: "datacenter";
      readonly datacenter: string;
      readonly method: "black-hole" | "closed";
      readonly links: readonly Link[];
    })
  | (Lasting & {
      readonly kind: "slow";
      readonly links: readonly Link[];
      readonly latencyMs: number;
      readonly jitterMs: number;
    })
  /** Nothing arrives until the end; then everything, in order. */
  | (Lasting & { readonly kind: "clog"; readonly links: readonly Link[] })
  | (Lasting & {
      readonly kind: "bandwidth";
      readonly links: readonly Link[];
      readonly bytesPerSecond: number;
    })
  /** Connections over these links break at once, with what was under way. */
  | { readonly kind: "reset"; readonly startMs: number; readonly links: readonly Link[] }
  /** Killed at the start, started again at the end. `power`: what the disk was not told to sync may be lost too. */
  | (Lasting & { readonly kind: "crash"; readonly node: string; readonly power: boolean })
  | (Lasting & { readonly kind: "pause"; readonly node: string })
  /** Shut down in order at the start, started again at the end, or once it has stopped where that takes longer. */
  | (Lasting & { readonly kind: "restart"; readonly node: string })
  | {
      readonly kind: "clock-jump";
      readonly startMs: number;
      readonly node: string;
      readonly jumpMs: number;
    }
  /** The wall clock goes forth and back by `deltaMs` every `periodMs`. */
  | (Lasting & {
      readonly kind: "clock-strobe";
      readonly node: string;
      readonly deltaMs: number;
      readonly periodMs: number;
    })
  | (Lasting & {
      readonly kind: "slow-disk";
      readonly node: string;
      readonly readMs: number;
      readonly writeMs: number;
    })
  | (Lasting & { readonly kind: "full-disk"; readonly node: string })
  /**
   * The next write to the disk fails, and the engine is dead from then on, as after an I/O error, though the process lives. At the end it is
   * killed and started again, on a disk that is well.
   */
  | (Lasting & { readonly kind: "failed-disk"; readonly node: string })
  /** Killed, all data destroyed, started again at the end. */
  | (Lasting & { readonly kind: "wipe"; readonly node: string })
  /**
   * Killed for good, its data destroyed. At the end an operator takes the dead node out of the static list of members: all others are
   * shut down in order and, once all are down, started with a list that lacks it. Nothing is transferred to ranges' new owners.
   */
  | (Lasting & { readonly kind: "remove"; readonly node: string })
  /** A node is started on a machine that was spare, and an operator lets it join; the next change is ordered once this one is complete. */
  | { readonly kind: "join"; readonly startMs: number; readonly node: string }
  /** An operator lets a member leave, and stops it once it has handed over all that it had. */
  | { readonly kind: "leave"; readonly startMs: number; readonly node: string }
  /** Killed, put back to the state of `snapshotMs`, started again at the end. */
  | (Lasting & { readonly kind: "restore"; readonly node: string; readonly snapshotMs: number })
  /** One stored value of the node gets a flipped bit. */
  | { readonly kind: "corrupt"; readonly startMs: number; readonly node: string };

export type SimFaultKind = SimFault["kind"];
