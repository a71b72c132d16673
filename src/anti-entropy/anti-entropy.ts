import { FailedItems } from "../base/failed-items.ts";
import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import { Pacer } from "../env/pacer.ts";
import type { Detector } from "../membership/failure-detector.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls } from "../rpc/contract.ts";
import type { ExchangeCounters, ExchangeEnd, OwnCopies, PaceLimits } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import { isOperating } from "./exchange-call.ts";
import type { SharedTrees } from "./shared-trees.ts";

export interface AntiEntropyParts {
  readonly copies: OwnCopies;
  readonly shared: SharedTrees;
  readonly calls: PeerCalls;
  readonly detector: Detector;
  readonly ring: () => Ring;
  /** An exchange is complete. */
  readonly onCompleted?: () => void;
  /** True while the node has ranges to receive: then exchanges follow each other closely, each with a peer that it has none with under this ring. */
  readonly isReceiving?: () => boolean;
}

export interface AntiEntropyOptions extends PaceLimits {
  /** From the end of an exchange to the next; 0: there is none, ever. */
  readonly everyMs: number;
  readonly callTimeoutMs: number;
}

/** The last exchange with a peer that left no difference. */
export interface CompletedExchange {
  readonly count: number;
  /** Keys in which the replicas differed. */
  readonly differences: number;
  readonly endedMs: number;
  /** The ring by which both nodes knew from beginning to end what they have in common. */
  readonly ring: Ring;
}

/**
 * Replica synchronisation (paper 4.7; D-4.7-1 to D-4.7-7): every `everyMs` one exchange, with a peer that seems up and has
 * partitions in common with this node. Peers take turns in an order that is drawn anew for each round, so that each is met
 * within a round and no two nodes keep step. One exchange at a time, and no more than so many keys and bytes a second.
 */
export class AntiEntropy {
  readonly #env: Environment;
  readonly #parts: AntiEntropyParts;
  readonly #options: AntiEntropyOptions;
  readonly #pacer: Pacer;
  /** By peer: keys that could not be brought together. */
  readonly #failed = new Map<NodeId, FailedItems>();
  readonly #counters: ExchangeCounters;
  readonly #ends: Readonly<Record<Outcome, Counter>>;
  readonly #completed = new Map<NodeId, CompletedExchange>();
  #round: NodeId[] = [];
  #timer: Timer | undefined;
  #underWay: Promise<void> | undefined;
  #stopped = false;

  constructor(env: Environment, parts: AntiEntropyParts, options: AntiEntropyOptions) {
    this.#env = env;
    this.#parts = parts;
    this.#options = options;
    this.#pacer = new Pacer(env.clock, { burstMs: 0 });
    const { metrics } = env;
    const keys = (how: string) =>
      metrics.counter("ringside_anti_entropy_keys_total", "Keys that an exchange looked at.", {
        how,
      });
    this.#counters = {
      pulled: keys("pulled"),
      pushed: keys("pushed"),
      gone: keys("gone"),
      failed: keys("failed"),
    };
    metrics.gauge(
      "ringside_anti_entropy_keys_failing",
      "Keys that the last exchange with a peer could not bring together.",
      {},
      () => this.failingCount,
    );
    const ends = (outcome: Outcome) =>
      metrics.counter("ringside_anti_entropy_exchanges_total", "Exchanges by how they ended.", {
        outcome,
      });
    this.#ends = {
      equal: ends("equal"),
      differing: ends("differing"),
      incomplete: ends("incomplete"),
      "not-built": ends("not-built"),
      failed: ends("failed"),
    };
  }

  /** By peer: the last exchange that this node began, in this life, and that came to its end. */
  get completed(): ReadonlyMap<NodeId, CompletedExchange> {
    return this.#completed;
  }

  /** Keys that could not be brought together with a peer, once for each peer. */
  get failingCount(): number {
    return [...this.#failed.values()].reduce((sum, { count }) => sum + count, 0);
  }

  /** True once this life has brought home whatever its peers had: one exchange with each of them is complete. */
  get isSynchronised(): boolean {
    return this.#parts.shared.peers().every((peer) => this.#completed.has(peer));
  }

  start(): void {
    if (this.#options.everyMs > 0) this.#later(this.#env.random.float() * this.#options.everyMs);
  }

  /** Ends the exchange under way after the step it is at. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#pacer.stop();
    await this.#underWay;
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#env.clock.setTimer(delayMs, () => {
      this.#underWay = this.#exchangeWithNext().finally(() => {
        this.#underWay = undefined;
        this.#later(this.#pauseMs());
      });
    });
  }

  #pauseMs(): number {
    const { everyMs } = this.#options;
    return this.#owedPeers().length > 0 ? Math.min(everyMs, RECEIVING_PAUSE_MS) : everyMs;
  }

  /** Of a node that receives: those up that it has no complete exchange with under this ring. */
  #owedPeers(): readonly NodeId[] {
    const { shared, detector, ring, isReceiving } = this.#parts;
    if (isReceiving?.() !== true) return [];
    const now = ring();
    return shared
      .peers()
      .filter((peer) => detector.isUp(peer) && this.#completed.get(peer)?.ring !== now);
  }

  async #exchangeWithNext(): Promise<void> {
    const peer = this.#parts.shared.isBuilt ? this.#nextPeer() : undefined;
    if (peer === undefined) return;
    const env = this.#env;
    const { copies, detector, ring } = this.#parts;
    const ringBefore = ring();
    const parts = {
      ...this.#parts,
      pacer: this.#pacer,
      limits: this.#options,
      counters: this.#counters,
    };
    const { callTimeoutMs } = this.#options;
    const failed = this.#failedOf(peer);
    // Under another ring other partitions are in common.
    const isOver = () => this.#stopped || !detector.isUp(peer) || ring() !== ringBefore;
    const nothingLost = copies.lossWatch();
    try {
      const end = await exchange(env, parts, { peer, callTimeoutMs, isOver, failed });
      // A row that shows here, and so was not sent, may be one that the disk does not take. Of a write buffer it is enough that it has the row: what is stored
      // on the strength of this exchange takes all of that along (write-buffer.ts).
      const isKept = isWhole(end) && (await nothingLost());
      if (ring() === ringBefore) this.#ended(peer, { end, isKept, ring: ringBefore });
    } catch (error) {
      if (!isOperating(error)) throw error;
      // The peer, the network or a disk failed, of which others tell; the next exchange tries again.
      env.assertions.reachable("an exchange stopped before its end");
      this.#ends.failed.increment();
      env.log.debug({ peer, err: error }, "Exchange stopped early");
    }
  }

  #ended(peer: NodeId, { end, isKept, ring }: EndedExchange): void {
    if (end.kind === "stopped") return;
    if (end.kind === "not-built") {
      this.#ends["not-built"].increment();
      return;
    }
    const { assertions } = this.#env;
    const { differences, left } = end;
    assertions.sometimes(
      "an exchange counted for nothing, since a write was lost",
      left === 0 && !isKept,
    );
    if (!isKept) {
      this.#ends.incomplete.increment();
      return;
    }
    assertions.sometimes("an exchange found equal trees", differences === 0);
    this.#ends[differences === 0 ? "equal" : "differing"].increment();
    const count = (this.#completed.get(peer)?.count ?? 0) + 1;
    this.#completed.set(peer, {
      count,
      differences,
      endedMs: this.#env.clock.monotonicMs(),
      ring,
    });
    this.#parts.onCompleted?.();
  }

  /** Something is to be received: the next exchange need not wait for long. */
  hurry(): void {
    if (this.#underWay !== undefined || this.#timer === undefined) return;
    if (this.#owedPeers().length === 0) return;
    this.#timer.cancel();
    this.#later(this.#env.random.float() * this.#pauseMs());
  }

  /** The next of the round that is up; undefined where none is. */
  #nextPeer(): NodeId | undefined {
    const { shared, detector } = this.#parts;
    const owed = this.#owedPeers();
    if (owed.length > 0) return this.#shuffled(owed)[0];
    const isUp = (peer: NodeId) => detector.isUp(peer);
    if (!this.#round.some(isUp)) this.#round = this.#shuffled(shared.peers());
    const at = this.#round.findIndex(isUp);
    return at < 0 ? undefined : this.#round.splice(at, 1)[0];
  }

  #shuffled(peers: readonly NodeId[]): NodeId[] {
    const { random } = this.#env;
    return peers
      .map((peer) => ({ peer, order: random.float() }))
      .sort((left, right) => left.order - right.order)
      .map(({ peer }) => peer);
  }

  #failedOf(peer: NodeId): FailedItems {
    let failed = this.#failed.get(peer);
    if (failed === undefined) {
      const { everyMs } = this.#options;
      failed = new FailedItems({ firstMs: everyMs, maxMs: BACK_OFF_MAX * everyMs });
      this.#failed.set(peer, failed);
    }
    return failed;
  }
}

/** Between exchanges of a node that receives. */
const RECEIVING_PAUSE_MS = 200;

/** A key that fails again and again is tried at least once in so many times `everyMs`. */
const BACK_OFF_MAX = 16;

/** All keys were brought together. */
function isWhole(end: ExchangeEnd): boolean {
  return end.kind === "complete" && end.left === 0;
}

interface EndedExchange {
  readonly end: ExchangeEnd;
  /** It is whole, all that the trees showed here has been acknowledged, and since it began no write was lost, of whatever row. */
  readonly isKept: boolean;
  readonly ring: Ring;
}

/** `incomplete`: all was compared, and some keys could not be brought together, or a write was lost meanwhile. */
type Outcome = "equal" | "differing" | "incomplete" | "not-built" | "failed";
