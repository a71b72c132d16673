import { assert } from "../base/assert.ts";
import type { NodeId } from "../base/ids.ts";
import type { Clock } from "../causality/versioning.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { PutRequest as PutMessage } from "../protocol/messages.ts";
import { durableSlot } from "../quorum/durable-slot.ts";
import type { Placement, Send, Slot } from "../quorum/placement.ts";
import { PutCore } from "../quorum/put-core.ts";
import type { Ring } from "../ring/ring.ts";
import { hasSameOwners } from "../ring/same-owners.ts";
import { OwedHints } from "./owed-hints.ts";
import type { CoordinatorOptions, CoordinatorParts, Minted } from "./parts.ts";
import { placeRequest } from "./place-request.ts";

export interface PutOrder {
  readonly key: Uint8Array;
  readonly context: Clock;
  readonly payload: Uint8Array;
  readonly w: number;
  /** Strict: no fallback's hint counts for W (Riak's PW). */
  readonly quorum: CoordinatorOptions["quorum"];
  readonly timeoutMs: number;
}

/**
 * One write from its mint to its last hint: the shell around PutCore (D-5-4, one state machine a request). The promise
 * of `run` settles at W acknowledgements, at certain failure, or at the deadline; the request itself goes on in the
 * background until every slot is acknowledged or the deadline has passed, and then leaves hints for the slots that are not.
 * A write that is not minted at its deadline, since its key was busy or the disk slow, is withdrawn: it never will be.
 */
export class PutRequest {
  readonly #environment: Environment;
  readonly #parts: CoordinatorParts;
  readonly #options: CoordinatorOptions;
  readonly #order: PutOrder;
  readonly #ring: Ring;
  readonly #core: PutCore;
  readonly #placement: Placement;
  readonly #deadlineMs: number;
  /** The copy that is to be stored before it is acknowledged where nodes buffer writes (paper 6.1). */
  readonly #durable: Slot | undefined;
  /** Whose hint the coordinator's own copy is; undefined: its own row. */
  #ownHintFor: NodeId | undefined;
  #message: PutMessage | undefined;
  #minted: Minted | undefined;
  /** When replicas were asked last, by `monotonicMs`. */
  #askedMs = 0;
  #timer: Timer | undefined;
  #settle: { resolve(minted: Minted): void; reject(error: Error): void } | undefined;
  #finished = false;
  /** Gives up the place in the queue for the key. */
  #leaveQueue: (() => void) | undefined;

  /** Throws DynamoError too-few-nodes. */
  constructor(
    environment: Environment,
    parts: CoordinatorParts,
    options: CoordinatorOptions,
    order: PutOrder,
  ) {
    this.#environment = environment;
    this.#parts = parts;
    this.#options = options;
    this.#order = order;
    this.#ring = parts.ring();
    const { key, w: needed, quorum } = order;
    const { nodeId: coordinator } = parts;
    const place = { ring: this.#ring, key, needed, coordinator };
    this.#placement = placeRequest(environment, parts, { n: options.n, quorum }, place);
    this.#core = new PutCore(this.#placement, order.w);
    this.#durable =
      options.durableReplicas === 0
        ? undefined
        : durableSlot(
            this.#placement,
            environment.random.uint32(),
            (node) => node === coordinator || parts.detector.isUp(node),
          );
    this.#deadlineMs = environment.clock.monotonicMs() + order.timeoutMs;
  }

  run(): Promise<Minted> {
    const { key, context, payload } = this.#order;
    const { replica, nodeId, liveRequests } = this.#parts;
    const primary = this.#placement.slotOf(nodeId)?.primary;
    const hintFor = primary === nodeId ? undefined : primary;
    this.#ownHintFor = hintFor;
    this.#environment.assertions.sometimes("a fallback coordinated a write", hintFor !== undefined);
    liveRequests.begin();
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#armTimer();
      replica
        .mint(key, context, payload, hintFor, {
          durable: this.#isDurable(nodeId),
          // A process that was stopped may look before its timers do.
          onQueued: (leave) => {
            this.#leaveQueue = leave;
          },
          isWithdrawn: () => this.#finished || this.#remainingMs() <= 0,
        })
        .then(
          (minted) => this.#replicate(minted),
          (error: unknown) => this.#notMinted(error),
        );
    });
  }

  #replicate(minted: Minted): void {
    this.#environment.assertions.always("a withdrawn write is never minted", !this.#finished);
    this.#minted = minted;
    this.#message = {
      type: "put",
      ring: this.#ring.stamp,
      key: this.#order.key,
      record: minted.record,
      hintFor: undefined,
    };
    this.#askedMs = this.#environment.clock.monotonicMs();
    for (const send of this.#placement.sends()) {
      if (send.node !== this.#parts.nodeId) this.#send(send);
    }
    minted.stored.then(
      () => this.#storedHere(),
      (error: unknown) => this.#localFailure(error),
    );
  }

  /** As another replica's, this copy counts only while those who own the key, now and next, are the same (D-4.9-4). */
  #storedHere(): void {
    const { nodeId, ring } = this.#parts;
    const before = this.#ring;
    const partition = before.partitionOf(this.#order.key);
    if (hasSameOwners(before, ring(), partition, this.#options.n)) {
      this.#acknowledge(nodeId);
      return;
    }
    this.#environment.assertions.reachable("the ring changed while a coordinator stored its copy");
    this.#fail(nodeId);
  }

  /** Nothing was written, here or elsewhere. */
  #notMinted(error: unknown): void {
    // Finished: it was withdrawn, and this is the replica letting go of it.
    this.#finished = true;
    this.#timer?.cancel();
    this.#reject(error instanceof Error ? error : new Error(String(error)));
    this.#parts.liveRequests.end();
  }

  #send(send: Send): void {
    const message = this.#message;
    if (message === undefined) return;
    const durable = this.#isDurable(send.node);
    const request =
      send.hintFor === undefined && !durable
        ? message
        : { ...message, hintFor: send.hintFor, durable };
    this.#parts.calls.call(send.node, request, Math.max(1, this.#remainingMs()), (outcome) => {
      if (outcome.kind === "reply" && outcome.reply.type === "put-reply") {
        this.#acknowledge(send.node);
      } else {
        this.#fail(send.node);
      }
    });
  }

  #isDurable(node: NodeId): boolean {
    return this.#durable?.asked.includes(node) === true;
  }

  #acknowledge(node: NodeId): void {
    const { assertions } = this.#environment;
    const servedBefore = this.#core.servedCount;
    assertions.sometimes("a replica acknowledged a write that had ended", this.#finished);
    assertions.always(
      "an acknowledgement came from a node that was asked",
      this.#placement.slotOf(node) !== undefined,
    );
    this.#core.acknowledge(node);
    assertions.sometimes(
      "a slot of a write was acknowledged twice",
      this.#core.servedCount === servedBefore,
    );
    if (this.#core.state === "met") this.#answer();
    if (this.#core.complete) this.#finish();
  }

  #fail(node: NodeId): void {
    const replacement = this.#core.fail(node);
    if (replacement !== undefined && !this.#finished) {
      this.#environment.assertions.reachable("a write asked a stand-in for a replica that failed");
      this.#send(replacement);
    }
    if (this.#core.state === "missed" && this.#settle !== undefined) {
      this.#environment.assertions.reachable("a write missed W because too many replicas failed");
      this.#refuse();
    }
    if (this.#core.exhausted) this.#finish();
  }

  /** The coordinator's own disk refused: nothing it says about this write can be relied on (D-4.5-5). */
  #localFailure(error: unknown): void {
    this.#environment.assertions.reachable("a coordinator's disk refused its own write");
    this.#reject(
      new DynamoError("storage", "Cannot store the coordinator's own copy of the key", {
        cause: error,
      }),
    );
    this.#fail(this.#parts.nodeId);
  }

  #onTimer(): void {
    this.#environment.assertions.always("a write that has ended has no timer", !this.#finished);
    if (this.#remainingMs() <= 0) {
      this.#onDeadline();
      return;
    }
    if (this.#message !== undefined && this.#untilHedgeMs() <= 0) this.#hedge();
    this.#armTimer();
  }

  #onDeadline(): void {
    const { assertions } = this.#environment;
    if (this.#message === undefined) {
      this.#withdraw();
      return;
    }
    if (this.#core.state === "waiting") {
      assertions.reachable("a write missed W at its deadline");
      this.#refuse();
    }
    this.#finish();
  }

  /** For certain: the replica asks once more before it changes anything. */
  #withdraw(): void {
    this.#environment.assertions.reachable("a write was withdrawn before it was minted");
    this.#finished = true;
    this.#leaveQueue?.();
    this.#reject(
      new DynamoError(
        "overloaded",
        `Cannot write: the key was busy, or the disk slow, for ${this.#order.timeoutMs} ms; nothing was written`,
      ),
    );
  }

  #hedge(): void {
    for (const node of this.#core.silent()) {
      if (node !== this.#parts.nodeId) {
        this.#parts.detector.overdue(node, this.#options.hedgeMs);
      }
    }
    for (const send of this.#core.hedge()) {
      this.#environment.assertions.reachable("a write asked a stand-in for a silent replica");
      this.#parts.instruments.hedges.increment();
      this.#send(send);
    }
    this.#askedMs = this.#environment.clock.monotonicMs();
  }

  /** Set before the mint already, since that waits for its turn on the key and for the disk. */
  #armTimer(): void {
    const untilHedgeMs = this.#message === undefined ? this.#options.hedgeMs : this.#untilHedgeMs();
    const delayMs = Math.max(0, Math.min(untilHedgeMs, this.#remainingMs()));
    this.#timer = this.#environment.clock.setTimer(delayMs, () => this.#onTimer());
  }

  #untilHedgeMs(): number {
    return this.#askedMs + this.#options.hedgeMs - this.#environment.clock.monotonicMs();
  }

  #answer(): void {
    this.#environment.assertions.always(
      "a write was confirmed by W slots",
      this.#core.servedCount >= this.#order.w,
    );
    if (this.#minted !== undefined) this.#settle?.resolve(this.#minted);
    this.#settle = undefined;
  }

  #refuse(): void {
    this.#reject(
      new DynamoError(
        "write-quorum-not-met",
        `Cannot confirm the write: fewer than ${this.#order.w} replicas acknowledged it in ${this.#order.timeoutMs} ms; it may still take effect`,
      ),
    );
  }

  #reject(error: Error): void {
    this.#settle?.reject(error);
    this.#settle = undefined;
  }

  /** Ends the request; what nobody acknowledged becomes a hint kept here. */
  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#timer?.cancel();
    this.#environment.assertions.always(
      "a write asked no node for two slots",
      this.#placement.asksNoNodeForTwoSlots,
    );
    this.#keepHints().then(() => this.#parts.liveRequests.end());
  }

  async #keepHints(): Promise<void> {
    const minted = this.#minted;
    assert(minted !== undefined, "A write that is not minted is withdrawn, and owes nothing");
    const primaries = this.#core.owedHints().filter((primary) => primary !== this.#parts.nodeId);
    const write = {
      key: this.#order.key,
      minted,
      durablePrimary: this.#durable?.primary,
      ownHintFor: this.#ownHintFor,
    };
    await new OwedHints(this.#environment, this.#parts, write).keep(primaries);
  }

  #remainingMs(): number {
    return this.#deadlineMs - this.#environment.clock.monotonicMs();
  }
}
