import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import type { Detector } from "../membership/failure-detector.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { Ring } from "../ring/ring.ts";
import type { PeerCalls } from "../rpc/contract.ts";
import { StorageError } from "../storage/engine.ts";
import type { ExchangeCounters, ExchangeEnd, OwnCopies } from "./exchange.ts";
import { ExchangeError, exchange } from "./exchange.ts";
import { Pace } from "./pace.ts";
import type { SharedTrees } from "./shared-trees.ts";

export interface AntiEntropyParts {
  readonly copies: OwnCopies;
  readonly shared: SharedTrees;
  readonly calls: PeerCalls;
  readonly detector: Detector;
  readonly ring: () => Ring;
}

export interface AntiEntropyOptions {
  /** From the end of an exchange to the next; 0: there is none, ever. */
  readonly everyMs: number;
  readonly callTimeoutMs: number;
  readonly keysPerSecond: number;
  readonly bytesPerSecond: number;
}

/** The last exchange with a peer that came to its end. */
export interface CompletedExchange {
  readonly count: number;
  /** Keys in which the replicas differed. */
  readonly differences: number;
  readonly endedMs: number;
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
  readonly #pace: Pace;
  readonly #counters: ExchangeCounters;
  readonly #ends: Readonly<Record<Outcome, Counter>>;
  readonly #completed = new Map<NodeId, CompletedExchange>();
  #round: NodeId[] = [];
  #timer: Timer | undefined;
  #underWay: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #stopped = false;

  constructor(env: Environment, parts: AntiEntropyParts, options: AntiEntropyOptions) {
    this.#env = env;
    this.#parts = parts;
    this.#options = options;
    this.#pace = new Pace(options);
    const { metrics } = env;
    const keys = (how: string) =>
      metrics.counter("ringside_anti_entropy_keys_total", "Keys that an exchange looked at.", {
        how,
      });
    this.#counters = { pulled: keys("pulled"), pushed: keys("pushed"), gone: keys("gone") };
    const ends = (outcome: Outcome) =>
      metrics.counter("ringside_anti_entropy_exchanges_total", "Exchanges by how they ended.", {
        outcome,
      });
    this.#ends = {
      equal: ends("equal"),
      differing: ends("differing"),
      "not-built": ends("not-built"),
      failed: ends("failed"),
    };
  }

  /** By peer: the last exchange that this node began, in this life, and that came to its end. */
  get completed(): ReadonlyMap<NodeId, CompletedExchange> {
    return this.#completed;
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
    this.#wake?.();
    await this.#underWay;
  }

  #later(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#env.clock.setTimer(delayMs, () => {
      this.#underWay = this.#exchangeWithNext().finally(() => {
        this.#underWay = undefined;
        this.#later(this.#options.everyMs);
      });
    });
  }

  async #exchangeWithNext(): Promise<void> {
    const peer = this.#parts.shared.isBuilt ? this.#nextPeer() : undefined;
    if (peer === undefined) return;
    const env = this.#env;
    const { detector } = this.#parts;
    const parts = {
      ...this.#parts,
      pace: this.#pace,
      wait: (delayMs: number) => this.#wait(delayMs),
      counters: this.#counters,
    };
    const { callTimeoutMs } = this.#options;
    const isOver = () => this.#stopped || !detector.isUp(peer);
    try {
      this.#ended(peer, await exchange(env, parts, { peer, callTimeoutMs, isOver }));
    } catch (error) {
      if (!(error instanceof ExchangeError) && !isOperating(error)) throw error;
      // The peer, the network or a disk failed, of which others tell; the next exchange tries again.
      env.assertions.reachable("an exchange stopped before its end");
      this.#ends.failed.increment();
      env.log.debug({ peer, err: error }, "Exchange stopped early");
    }
  }

  #ended(peer: NodeId, end: ExchangeEnd): void {
    if (end.kind === "stopped") return;
    if (end.kind === "not-built") {
      this.#ends["not-built"].increment();
      return;
    }
    const { differences } = end;
    this.#env.assertions.sometimes("an exchange found equal trees", differences === 0);
    this.#ends[differences === 0 ? "equal" : "differing"].increment();
    const count = (this.#completed.get(peer)?.count ?? 0) + 1;
    this.#completed.set(peer, { count, differences, endedMs: this.#env.clock.monotonicMs() });
  }

  /** The next of the round that is up; undefined where none is. */
  #nextPeer(): NodeId | undefined {
    const { shared, detector } = this.#parts;
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

  #wait(delayMs: number): Promise<void> {
    if (this.#stopped || delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#wake = undefined;
        timer.cancel();
        resolve();
      };
      const timer = this.#env.clock.setTimer(delayMs, done);
      this.#wake = done;
    });
  }
}

function isOperating(error: unknown): boolean {
  return error instanceof StorageError || error instanceof DynamoError;
}

type Outcome = "equal" | "differing" | "not-built" | "failed";
