import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { LifeRequest } from "../protocol/messages.ts";
import type { LifeClaim } from "../replica/life.ts";
import type { Outcome, PeerCalls } from "../rpc/contract.ts";

/** The node's own life, as peers are told of it. */
export interface IntroducedLife {
  readonly claim: LifeClaim;
  replace(): Promise<void>;
}

export interface IntroductionParts {
  readonly life: IntroducedLife;
  readonly calls: PeerCalls;
  /** Every other node of the cluster, as far as this one knows now. */
  readonly peers: () => readonly NodeId[];
}

export interface IntroductionOptions {
  /** How long peers may take to vouch for a life that goes on, all in all. */
  readonly settleMs: number;
  readonly callTimeoutMs: number;
  /** After a call that got no answer, where another has a chance. */
  readonly retryMs: number;
}

/**
 * Tells every peer that a life of this node has begun (architecture, "Lives"). A life that goes on with an incarnation needs the
 * word of all of them, soon: one that refuses, or does not answer in time, is reason enough for a fresh incarnation, which needs
 * nobody's. That one they are told when a connection to them is made, since what a peer has not heard of it will not vouch for
 * next time; a peer that nothing is ever sent to is not worth a dial.
 */
export class Introductions {
  readonly #environment: Environment;
  readonly #parts: IntroductionParts;
  readonly #options: IntroductionOptions;
  readonly #calls = new Map<NodeId, Timer>();
  /** Peers that have accepted the claim of the moment. */
  readonly #accepted = new Set<NodeId>();
  #known: readonly NodeId[];
  #onChange: () => void = () => {};
  #isSettling = false;
  #isRefused = false;
  #isStopped = false;

  constructor(environment: Environment, parts: IntroductionParts, options: IntroductionOptions) {
    this.#environment = environment;
    this.#parts = parts;
    this.#options = options;
    this.#known = parts.peers();
  }

  /**
   * Resolves once it is certain under which incarnation the node mints; before that it must not. Rejects with StorageError where a
   * fresh one cannot be stored.
   */
  async settle(): Promise<void> {
    const { life } = this.#parts;
    const { assertions, log } = this.#environment;
    if (life.claim.after === undefined) return;
    if (this.#parts.peers().length === 0) {
      // Nobody would know better, were these the data of a backup.
      await life.replace();
      return;
    }
    this.#isSettling = true;
    this.#tellAll();
    await this.#answers();
    this.#isSettling = false;
    if (this.#left().length === 0) {
      assertions.reachable("a life went on with an incarnation");
      return;
    }
    assertions.sometimes("a peer did not vouch for a life", this.#isRefused);
    assertions.sometimes("a peer did not say in time whether a life goes on", !this.#isRefused);
    log.info({ refused: this.#isRefused }, "The node begins a fresh incarnation");
    this.#forget();
    await life.replace();
    this.#accepted.clear();
    this.#tellAll();
  }

  /** A connection to or from the peer was made. */
  greeted(peer: NodeId): void {
    if (this.#left().includes(peer) && !this.#calls.has(peer)) this.#tell(peer);
  }

  /** There are other peers: those that are new may be connected already. */
  peersChanged(): void {
    const known = this.#known;
    this.#known = this.#parts.peers();
    for (const peer of this.#left()) if (!known.includes(peer)) this.#tell(peer);
    this.#onChange();
  }

  stop(): void {
    this.#isStopped = true;
    this.#forget();
  }

  /** Resolves when all have accepted, one has refused, or time is up. */
  async #answers(): Promise<void> {
    await new Promise<void>((resolve) => {
      const deadline = this.#environment.clock.setTimer(this.#options.settleMs, resolve);
      this.#onChange = () => {
        if (this.#left().length > 0 && !this.#isRefused) return;
        deadline.cancel();
        resolve();
      };
      this.#onChange();
    });
    this.#onChange = () => {};
  }

  #left(): readonly NodeId[] {
    return this.#parts.peers().filter((peer) => !this.#accepted.has(peer));
  }

  #tellAll(): void {
    for (const peer of this.#left()) this.#tell(peer);
  }

  #tell(peer: NodeId): void {
    if (this.#isStopped) return;
    this.#calls.get(peer)?.cancel();
    const request: LifeRequest = { type: "life", ...this.#parts.life.claim };
    const call = this.#parts.calls.call(peer, request, this.#options.callTimeoutMs, (outcome) =>
      this.#told(peer, outcome),
    );
    this.#calls.set(peer, call);
  }

  #told(peer: NodeId, outcome: Outcome): void {
    this.#calls.delete(peer);
    if (outcome.kind === "reply" && outcome.reply.type === "life-reply") {
      if (outcome.reply.accepted) {
        this.#accepted.add(peer);
      } else {
        this.#isRefused = true;
      }
      this.#onChange();
      return;
    }
    // Where nothing was sent, the next connection tells when there is somebody again.
    if (outcome.kind !== "timeout" && !this.#isSettling) return;
    const again = this.#environment.clock.setTimer(this.#options.retryMs, () => this.#tell(peer));
    this.#calls.set(peer, again);
  }

  #forget(): void {
    for (const call of this.#calls.values()) call.cancel();
    this.#calls.clear();
  }
}
