import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { ForwardRequest } from "../protocol/messages.ts";
import type { Outcome } from "../rpc/contract.ts";
import type { Coordinator, WriteOrder } from "./coordinator.ts";
import type { CoordinatorParts } from "./parts.ts";

/**
 * Brings a client's write to a node that may coordinate it: this one or, forwarded once, another of the key's first N healthy
 * ones, in the order that `write-candidates.ts` gives. The next candidate is tried only while it is certain that the one before did not
 * act: a write that two nodes coordinate becomes its own sibling (K-11).
 */
export class WriteRouter {
  readonly #environment: Environment;
  readonly #parts: CoordinatorParts;
  readonly #coordinator: Coordinator;

  constructor(environment: Environment, parts: CoordinatorParts, coordinator: Coordinator) {
    this.#environment = environment;
    this.#parts = parts;
    this.#coordinator = coordinator;
  }

  /** Returns the record after the write. Rejects with DynamoError. */
  async put(order: WriteOrder): Promise<Uint8Array> {
    const deadlineMs = this.#environment.clock.monotonicMs() + order.timeoutMs;
    const { assertions } = this.#environment;
    let refusedCount = 0;
    for (const candidate of this.#coordinator.writeCandidates(order)) {
      const remainingMs = deadlineMs - this.#environment.clock.monotonicMs();
      if (remainingMs <= 0) break;
      if (candidate === this.#parts.nodeId) {
        const record = await this.#putWithRoom({ ...order, timeoutMs: remainingMs });
        if (record !== undefined) return record;
        assertions.reachable("a write went elsewhere since its coordinator had no room for a hint");
        continue;
      }
      // A bad context costs no hop.
      if (refusedCount === 0) this.#coordinator.openContext(order.key, order.context);
      assertions.sometimes("a write was forwarded to a second candidate", refusedCount > 0);
      const record = await this.#forward(candidate, order, remainingMs);
      if (record !== undefined) return record;
      refusedCount += 1;
    }
    const remainingMs = deadlineMs - this.#environment.clock.monotonicMs();
    if (remainingMs > 0 && !this.#coordinator.isCandidate(order)) {
      // Here the write would get a hint for a copy, and a strict quorum counts none.
      assertions.reachable("a strict write found none of its primaries");
      throw new DynamoError(
        "too-few-nodes",
        "Cannot write: none of the key's nodes took it, and a strict quorum counts no other",
      );
    }
    if (remainingMs > 0) {
      assertions.reachable("a node coordinated a write that no candidate took");
      return (await this.#coordinator.put({ ...order, timeoutMs: remainingMs })).record;
    }
    assertions.reachable("a write found no coordinator in time");
    throw new DynamoError("overloaded", "Cannot find a coordinator for the key in time");
  }

  /** The record; undefined where this node would keep it as a hint and has no room for one, and so did nothing. */
  #putWithRoom(order: WriteOrder): Promise<Uint8Array | undefined> {
    return this.#coordinator.put(order).then(
      ({ record }) => record,
      (error: unknown) => {
        if (error instanceof DynamoError && error.code === "hints-full") return undefined;
        throw error;
      },
    );
  }

  /** The record; undefined where the candidate certainly did nothing and another may be tried. */
  async #forward(
    candidate: NodeId,
    order: WriteOrder,
    remainingMs: number,
  ): Promise<Uint8Array | undefined> {
    const { assertions } = this.#environment;
    assertions.always("a write is forwarded to another node", candidate !== this.#parts.nodeId);
    const { key, context, payload, w, quorum } = order;
    const budgetMs = Math.ceil(remainingMs);
    const ring = this.#parts.ring().stamp;
    const request: ForwardRequest = {
      type: "forward",
      ring,
      key,
      context,
      payload,
      w,
      budgetMs,
      strict: quorum === "strict",
    };
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#parts.calls.call(candidate, request, remainingMs, resolve);
    });
    switch (outcome.kind) {
      case "not-sent":
        return undefined;
      case "lost":
      case "timeout":
        assertions.reachable("a forwarded write was lost");
        throw new DynamoError(
          "forward-lost",
          `Cannot tell what became of the write: coordinator ${candidate} did not answer (${outcome.kind})`,
        );
      case "reply":
        break;
    }
    const { reply } = outcome;
    if (reply.type === "forward-reply") {
      assertions.reachable("a write was forwarded and confirmed");
      return reply.record;
    }
    if (reply.type !== "error-reply") {
      throw new DynamoError("internal", `Cannot understand a reply of type ${reply.type}`);
    }
    const error = new DynamoError(reply.code, reply.message);
    if (TRY_NEXT.has(reply.code)) {
      assertions.reachable("a candidate refused a forwarded write definitely");
      return undefined;
    }
    throw error;
  }
}

/** Definite refusals that another node may not share. */
const TRY_NEXT: ReadonlySet<string> = new Set([
  "overloaded",
  "stopping",
  "stale-ring",
  "hints-full",
]);
