/*
 * The requester's way to one peer: at most one connection at a time.
 *
 *     none ──call──> dialling ──hello-ack──> open
 *       ^               │ failed: backoff      │ closed, garbage, silent, redial
 *       └───────────────┴──────────────────────┘
 *
 * Without a connection a call dials, unless a dial has just failed: then calls fail at once for a short while, which doubles.
 */

import type { NodeId } from "../base/ids.ts";
import type { Timer } from "../env/clock.ts";
import type { Request } from "../protocol/messages.ts";
import type { Outcome } from "./contract.ts";
import type { SessionShared } from "./peer-session.ts";
import { PeerSession } from "./peer-session.ts";
import { PendingCall } from "./pending-call.ts";

export class PeerLink {
  readonly #shared: SessionShared;
  readonly #peer: NodeId;
  #session: PeerSession | undefined;
  #backoffMs = 0;
  #retryAtMs = 0;

  constructor(shared: SessionShared, peer: NodeId) {
    this.#shared = shared;
    this.#peer = peer;
  }

  get callCount(): number {
    return this.#session?.callCount ?? 0;
  }

  get queuedBytes(): number {
    return this.#session?.queuedBytes ?? 0;
  }

  call(
    request: Request,
    timeoutMs: number,
    done: (outcome: Outcome) => void,
    refused: boolean,
  ): Timer {
    const { env, wheel } = this.#shared;
    const nowMs = env.clock.monotonicMs();
    const call = new PendingCall(request, nowMs + timeoutMs, done);
    if (refused) return this.#refuseLater(call, "this node is stopping");
    this.#session?.dropIfSilent(nowMs);
    if (this.#session === undefined) {
      const reason = this.#dial(nowMs);
      if (reason !== undefined) return this.#failLater(call, reason);
    }
    const reason = this.#session?.take(call, nowMs);
    if (reason !== undefined) return this.#refuseLater(call, reason);
    wheel.add(call, nowMs, timeoutMs);
    return call;
  }

  redial(): void {
    this.#session?.end("the connection was closed for another route", { failed: false });
    this.#backoffMs = 0;
    this.#retryAtMs = 0;
  }

  /** Gives the reason why there is nothing to dial now. */
  #dial(nowMs: number): string | undefined {
    if (nowMs < this.#retryAtMs) {
      this.#shared.env.assertions.reachable("a call failed at once after a failed dial");
      return `the last dial failed and backoff lasts ${this.#backoffMs} ms`;
    }
    const address = this.#shared.addressOf(this.#peer);
    if (address === undefined) return `node ${this.#peer} has no address`;
    this.#session = new PeerSession(this.#shared, this.#peer, address, {
      onGreeted: () => {
        this.#backoffMs = 0;
      },
      onEnd: (failed) => {
        this.#session = undefined;
        if (failed) this.#backOff();
      },
    });
    return undefined;
  }

  #backOff(): void {
    const { env, limits } = this.#shared;
    const doubledMs = Math.max(limits.backoffMinMs, 2 * this.#backoffMs);
    this.#backoffMs = Math.min(limits.backoffMaxMs, doubledMs);
    // Chance spreads the nodes that lost one peer at one moment.
    this.#retryAtMs = env.clock.monotonicMs() + this.#backoffMs * (0.75 + env.random.float() / 2);
  }

  #failLater(call: PendingCall, reason: string): Timer {
    return this.#settleLater(call, { kind: "not-sent", reason: this.#cannot(reason) });
  }

  /** This node has no room for it: the peer has nothing to do with that. */
  #refuseLater(call: PendingCall, reason: string): Timer {
    return this.#settleLater(call, {
      kind: "not-sent",
      reason: this.#cannot(reason),
      isOurFault: true,
    });
  }

  #settleLater(call: PendingCall, outcome: Outcome): Timer {
    const { env, metrics } = this.#shared;
    metrics.notSent.increment();
    env.clock.defer(() => call.settle(outcome));
    return call;
  }

  #cannot(reason: string): string {
    return `Cannot call node ${this.#peer}: ${reason}`;
  }
}
