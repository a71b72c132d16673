import type { NodeId } from "../base/ids.ts";
import { coversClock } from "../causality/covers-clock.ts";
import type { Clock } from "../causality/versioning.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { GetRequest as GetMessage, Reply } from "../protocol/messages.ts";
import type { Found, NotFound } from "../quorum/get-core.ts";
import { GetCore } from "../quorum/get-core.ts";
import type { Placement, Send } from "../quorum/placement.ts";
import type { Ring } from "../ring/ring.ts";
import { DamageError } from "../storage/engine.ts";
import type { CoordinatorOptions, CoordinatorParts } from "./parts.ts";
import { placeRequest } from "./place-request.ts";

export interface GetOrder {
  readonly key: Uint8Array;
  readonly r: number;
  /** Strict: no fallback stands in for one of the key's first N nodes (Riak's PR). */
  readonly quorum: CoordinatorOptions["quorum"];
  readonly notFound: NotFound;
  /** What the client knows already; empty where it does not say. */
  readonly atLeast: Clock;
  readonly timeoutMs: number;
}

export interface ReadOutcome extends Found {
  /** True where it does not cover what the client knew, and nobody had more in time (K-15). */
  readonly isStale: boolean;
  /** The node that answered first: a good coordinator of the write that follows (D-5-9). */
  readonly reader: NodeId | undefined;
}

/**
 * One read and the repair that follows it: the shell around GetCore (D-5-5). The promise of `run` settles at R answers,
 * or, where these lack what the client knows, once the lack is made up for or nobody is left to ask; after that
 * the outstanding ones are waited for a short time and stale primaries are repaired, so repair never delays a reply (D-5-7).
 */
export class GetRequest {
  readonly #environment: Environment;
  readonly #parts: CoordinatorParts;
  readonly #options: CoordinatorOptions;
  readonly #order: GetOrder;
  readonly #ring: Ring;
  readonly #core: GetCore;
  readonly #placement: Placement;
  readonly #message: GetMessage;
  readonly #deadlineMs: number;
  #timer: Timer | undefined;
  #settle: { resolve(outcome: ReadOutcome): void; reject(error: Error): void } | undefined;
  /** More nodes than the quorum's were asked, which is done once. */
  #isWidened = false;
  #reader: NodeId | undefined;
  #finished = false;

  /** Throws DynamoError too-few-nodes. */
  constructor(
    environment: Environment,
    parts: CoordinatorParts,
    options: CoordinatorOptions,
    order: GetOrder,
  ) {
    this.#environment = environment;
    this.#parts = parts;
    this.#options = options;
    this.#order = order;
    this.#ring = parts.ring();
    const { key, r: needed, quorum } = order;
    const { n } = options;
    this.#placement = placeRequest(
      environment,
      parts,
      { n, quorum },
      { ring: this.#ring, key, needed },
    );
    this.#core = new GetCore(this.#placement, parts.versioning, order);
    this.#message = { type: "get", ring: this.#ring.stamp, key: order.key };
    this.#deadlineMs = environment.clock.monotonicMs() + order.timeoutMs;
  }

  run(): Promise<ReadOutcome> {
    this.#parts.liveRequests.begin();
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      for (const send of this.#placement.sends()) this.#send(send);
      this.#armTimer();
    });
  }

  #send(send: Send): void {
    const { node } = send;
    if (node === this.#parts.nodeId) {
      this.#parts.replica.read(this.#order.key).then(
        (record) => this.#reply(node, record),
        (error: unknown) => {
          this.#environment.assertions.reachable("a coordinator could not read its own copy");
          this.#environment.log.error({ err: error }, "Cannot read the node's own copy");
          if (error instanceof DamageError) this.#core.damaged(node);
          this.#fail(node);
        },
      );
      return;
    }
    this.#parts.calls.call(node, this.#message, Math.max(1, this.#remainingMs()), (outcome) => {
      if (outcome.kind === "reply" && outcome.reply.type === "get-reply") {
        this.#reply(node, outcome.reply.record);
        return;
      }
      if (outcome.kind === "reply" && isDamaged(outcome.reply)) this.#core.damaged(node);
      this.#fail(node);
    });
  }

  #reply(node: NodeId, record: Uint8Array | undefined): void {
    if (this.#finished) {
      this.#environment.assertions.reachable("a replica answered a read that had ended");
      return;
    }
    this.#reader ??= node;
    const next = this.#core.reply(node, record);
    if (next !== undefined && this.#settle !== undefined) {
      this.#environment.assertions.reachable("a read passed over a stand-in that held nothing");
      this.#send(next);
    }
    this.#progress();
  }

  #fail(node: NodeId): void {
    if (this.#finished) return;
    const replacement = this.#core.fail(node);
    // Once the client has its answer nobody new is asked.
    if (replacement !== undefined && this.#settle !== undefined) {
      this.#environment.assertions.reachable("a read asked a stand-in for a replica that failed");
      this.#send(replacement);
    }
    this.#progress();
  }

  /** Answers or refuses where it is time to, and ends the request where nobody is left to wait for. */
  #progress(): void {
    if (this.#settle !== undefined && this.#core.state === "met" && this.#isFreshOrFinal()) {
      this.#answer();
    }
    if (this.#settle !== undefined && this.#core.state === "missed") {
      this.#environment.assertions.reachable("a read missed R because too many replicas failed");
      this.#refuse();
    }
    if (this.#core.exhausted) this.#finish();
  }

  /** True unless something better may come: where too little was found for this client, more nodes are asked (K-15). */
  #isFreshOrFinal(): boolean {
    return !this.#isStale() || (this.#core.exhausted && !this.#widen());
  }

  /** Asks more nodes for what is missing; false where that was done before, or there are none. */
  #widen(): boolean {
    if (this.#isWidened) return false;
    this.#isWidened = true;
    const sends = this.#core.widen();
    for (const send of sends) {
      this.#environment.assertions.reachable("a read asked more nodes for what its client knew");
      this.#send(send);
    }
    return sends.length > 0;
  }

  #isStale(): boolean {
    const { atLeast } = this.#order;
    if (atLeast.size === 0) return false;
    const found = this.#found();
    const { mode } = this.#parts.versioning;
    return found !== undefined && !coversClock(mode, found.siblings.clock, atLeast);
  }

  #onTimer(): void {
    const { assertions } = this.#environment;
    assertions.always("a read that has ended has no timer", !this.#finished);
    if (this.#remainingMs() <= 0) {
      if (this.#core.state === "waiting") {
        assertions.reachable("a read missed R at its deadline");
        this.#refuse();
      }
      if (this.#settle === undefined) this.#finish();
      else this.#answer();
      return;
    }
    for (const node of this.#core.silent()) {
      if (node !== this.#parts.nodeId) {
        this.#parts.detector.overdue(node, this.#options.hedgeMs);
      }
    }
    for (const send of this.#core.hedge()) {
      assertions.reachable("a read asked a stand-in for a silent replica");
      this.#parts.instruments.hedges.increment();
      this.#send(send);
    }
    // R have answered, and what the client knows is with none of them.
    if (this.#core.state === "met") this.#widen();
    this.#armTimer();
  }

  #armTimer(): void {
    const delayMs = Math.max(0, Math.min(this.#options.hedgeMs, this.#remainingMs()));
    this.#timer = this.#environment.clock.setTimer(delayMs, () => this.#onTimer());
  }

  #answer(): void {
    const { assertions } = this.#environment;
    const settle = this.#settle;
    this.#settle = undefined;
    assertions.always("a read was answered by R slots", this.#core.answeredCount >= this.#order.r);
    const found = this.#found();
    if (found === undefined) {
      settle?.reject(new DynamoError("internal", "Cannot understand a replica's record"));
    } else {
      const versions = found.siblings.payloads.length;
      assertions.sometimes("a read found concurrent versions", versions > 1);
      this.#parts.instruments.versionsPerRead.observe(versions);
      const isStale = this.#isStale();
      assertions.sometimes("a read was answered with less than its client knew", isStale);
      settle?.resolve({ ...found, isStale, reader: this.#reader });
    }
    // From here on only repair waits.
    this.#timer?.cancel();
    this.#timer = this.#environment.clock.setTimer(this.#options.repairWaitMs, () =>
      this.#finish(),
    );
  }

  #refuse(): void {
    this.#settle?.reject(
      new DynamoError(
        "read-quorum-not-met",
        `Cannot read the key: fewer than ${this.#order.r} replicas answered in ${this.#order.timeoutMs} ms`,
      ),
    );
    this.#settle = undefined;
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#timer?.cancel();
    const { assertions } = this.#environment;
    assertions.always("a read asked no node for two slots", this.#placement.asksNoNodeForTwoSlots);
    const found = this.#options.readRepair ? this.#found() : undefined;
    for (const repair of found === undefined ? [] : this.#core.repairs(found)) {
      if (this.#core.isDamaged(repair.node)) {
        assertions.reachable("a read repaired a damaged replica");
      } else if (this.#core.answeredNotFound(repair.node)) {
        assertions.reachable("a read repaired a replica that answered not found");
      } else {
        assertions.reachable("a read repaired a replica with older versions");
      }
      this.#parts.instruments.repairs.increment();
      this.#repair(repair.node, repair.record);
    }
    this.#parts.liveRequests.end();
  }

  /** Undefined where a reply holds bytes that are no record; such a replica is neither believed nor overwritten. */
  #found(): Found | undefined {
    try {
      return this.#core.found();
    } catch (error) {
      this.#environment.log.error({ err: error }, "Cannot understand a replica's record");
      return undefined;
    }
  }

  /** Counts as a live request of its own, so that a node which stops waits for it. */
  #repair(node: NodeId, record: Uint8Array): void {
    const { key } = this.#order;
    const { liveRequests } = this.#parts;
    const { assertions } = this.#environment;
    liveRequests.begin();
    if (node === this.#parts.nodeId) {
      assertions.reachable("a read repaired the coordinator's own copy");
      this.#parts.replica
        .store(key, record, undefined)
        .catch((error: unknown) => {
          this.#environment.log.error({ err: error }, "Cannot repair the node's own copy");
        })
        .finally(() => liveRequests.end());
      return;
    }
    const message = {
      type: "put",
      ring: this.#ring.stamp,
      key,
      record,
      hintFor: undefined,
    } as const;
    // A repair that fails is made up for by the next read, by hints or by anti-entropy.
    this.#parts.calls.call(node, message, this.#order.timeoutMs, (outcome) => {
      if (outcome.kind !== "reply") {
        assertions.reachable("a read repair did not arrive");
        this.#environment.log.debug({ node, outcome: outcome.kind }, "Read repair did not arrive");
      }
      liveRequests.end();
    });
  }

  #remainingMs(): number {
    return this.#deadlineMs - this.#environment.clock.monotonicMs();
  }
}

function isDamaged(reply: Reply): boolean {
  return reply.type === "error-reply" && reply.code === "damaged";
}
