import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";

/** A node's own belief about its peers; never truth, and never gossiped (paper 4.8.3, P-4). */
export interface Detector {
  isUp(peer: NodeId): boolean;
  /** The peer answered anything at all; `toPing`: that it is there for everybody. */
  answered(peer: NodeId, toPing?: boolean): void;
  /** A request to the peer was refused or lost. */
  missed(peer: NodeId): void;
  /** A request to the peer has waited for `waitedMs`, and goes on or was given up: a miss if nothing was heard of the peer for as long. */
  overdue(peer: NodeId, waitedMs: number): void;
  /** The peer said that it is about to end: it counts as down until it answers a ping. */
  leaves(peer: NodeId): void;
  suspected(): readonly NodeId[];
}

export interface FailureDetectorParts {
  /** Asks a peer for a sign of life; ends in `answered` or `missed` of this detector. */
  readonly ping: (peer: NodeId) => void;
  readonly onUp: (peer: NodeId) => void;
}

export interface FailureDetectorOptions {
  /** Misses in a row, no answer between them, after which a peer counts as down. 1 or more. */
  readonly missesMax: number;
  /** How often a peer that counts as down is tried again, in milliseconds. */
  readonly retryDownMs: number;
  /** Who waited for less than this knows nothing: a request may be as short of time as its client likes. In milliseconds. */
  readonly silenceMs: number;
}

/**
 * Local, traffic-driven failure detection (D-4.8.3-1, D-4.8.3-2). Requests themselves are the probes: an idle pair
 * sends nothing. Only a peer believed down is pinged, every `retryDownMs`, until any answer of it arrives. A single
 * miss proves nothing (a slow disk, a lost connection), so a few in a row are needed; any answer clears them.
 *
 * Slow is not dead: no silence is held against a peer that answers other requests meanwhile, or is in the middle of an answer, nor
 * is what this node was too busy to read, since it looks again once the input at hand was handled; and what is overdue in one
 * turn is one miss.
 */
export class FailureDetector implements Detector {
  readonly #environment: Environment;
  readonly #parts: FailureDetectorParts;
  readonly #options: FailureDetectorOptions;
  readonly #misses = new Map<NodeId, number>();
  readonly #down = new Map<NodeId, Timer>();
  readonly #leaving = new Set<NodeId>();
  /** When anything came from each peer; by `monotonicMs`. */
  readonly #heardMs = new Map<NodeId, number>();
  /** Silent since when, of the requests that became overdue in this turn the one sent last; by `monotonicMs`. */
  readonly #overdueSinceMs = new Map<NodeId, number>();
  /** When a peer was missed last, or this began; by `monotonicMs`. */
  #disturbedMs: number;
  /** Undefined: whoever there is. */
  #peers: ReadonlySet<NodeId> | undefined;
  #stopped = false;

  constructor(
    environment: Environment,
    parts: FailureDetectorParts,
    options: FailureDetectorOptions,
  ) {
    this.#environment = environment;
    this.#parts = parts;
    this.#options = options;
    this.#disturbedMs = environment.clock.monotonicMs();
    environment.metrics.gauge(
      "ringside_peers_suspected",
      "Peers this node believes to be down",
      {},
      () => this.#down.size,
    );
  }

  isUp(peer: NodeId): boolean {
    return !this.#down.has(peer);
  }

  /** For how long no request was refused, lost or overdue, as far as this node knows. */
  calmMs(): number {
    return this.#environment.clock.monotonicMs() - this.#disturbedMs;
  }

  suspected(): readonly NodeId[] {
    return [...this.#down.keys()];
  }

  answered(peer: NodeId, toPing = false): void {
    // A node that stops is a replica to the last, and answers as one.
    if (this.#leaving.has(peer) && !toPing) return;
    this.#leaving.delete(peer);
    const { assertions } = this.#environment;
    const hadMissed = this.#misses.delete(peer);
    const retry = this.#down.get(peer);
    assertions.sometimes(
      "an answer cleared misses that were too few",
      hadMissed && retry === undefined,
    );
    if (retry === undefined) return;
    assertions.reachable("a peer that counted as down answered");
    retry.cancel();
    this.#down.delete(peer);
    this.#environment.log.info({ peer }, "Peer answers again");
    this.#parts.onUp(peer);
  }

  missed(peer: NodeId): void {
    this.#disturbedMs = this.#environment.clock.monotonicMs();
    if (this.#down.has(peer) || this.#stopped || this.#peers?.has(peer) === false) return;
    const misses = (this.#misses.get(peer) ?? 0) + 1;
    this.#misses.set(peer, misses);
    if (misses < this.#options.missesMax) return;
    this.#environment.assertions.reachable("a peer counted as down");
    this.#environment.log.info({ peer, misses }, "Peer counts as down");
    this.#retryLater(peer);
  }

  /** A piece of an answer came. */
  heard(peer: NodeId): void {
    this.#heardMs.set(peer, this.#environment.clock.monotonicMs());
  }

  overdue(peer: NodeId, waitedMs: number): void {
    const { clock } = this.#environment;
    this.#disturbedMs = clock.monotonicMs();
    if (waitedMs < this.#options.silenceMs) return;
    const sinceMs = this.#disturbedMs - waitedMs;
    const earlierMs = this.#overdueSinceMs.get(peer);
    this.#overdueSinceMs.set(peer, Math.max(sinceMs, earlierMs ?? sinceMs));
    if (earlierMs === undefined) clock.defer(() => this.#judge(peer));
  }

  leaves(peer: NodeId): void {
    this.#disturbedMs = this.#environment.clock.monotonicMs();
    if (this.#peers?.has(peer) === false) return;
    this.#leaving.add(peer);
    if (this.#down.has(peer) || this.#stopped) return;
    this.#environment.assertions.reachable("a peer said that it stops");
    this.#environment.log.info({ peer }, "Peer stops and counts as down");
    this.#retryLater(peer);
  }

  /** From now on no other nodes are watched: one that has left the cluster and is gone would be pinged for ever. */
  keepOnly(peers: readonly NodeId[]): void {
    const kept = new Set(peers);
    this.#peers = kept;
    for (const [peer, retry] of this.#down) {
      if (kept.has(peer)) continue;
      this.#environment.assertions.reachable("a peer that counted as down has left the cluster");
      retry.cancel();
      this.#down.delete(peer);
    }
    for (const memory of [this.#misses, this.#leaving, this.#heardMs]) {
      for (const peer of memory.keys()) if (!kept.has(peer)) memory.delete(peer);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#down.values()) timer.cancel();
  }

  #judge(peer: NodeId): void {
    const sinceMs = this.#overdueSinceMs.get(peer);
    this.#overdueSinceMs.delete(peer);
    const heardMs = this.#heardMs.get(peer);
    const isAlive = heardMs !== undefined && sinceMs !== undefined && heardMs > sinceMs;
    this.#environment.assertions.sometimes(
      "of a peer that was late something had come meanwhile",
      isAlive,
    );
    if (!isAlive) this.missed(peer);
  }

  #retryLater(peer: NodeId): void {
    const timer = this.#environment.clock.setTimer(this.#options.retryDownMs, () => {
      this.#environment.assertions.always(
        "a detector that has stopped pings nobody",
        !this.#stopped,
      );
      this.#parts.ping(peer);
      this.#retryLater(peer);
    });
    this.#down.set(peer, timer);
  }
}
