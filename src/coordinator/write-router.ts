import { isLastWriteWins } from "../causality/versioning.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import { withOperation } from "../protocol/operations.ts";
import { OPERATION_BYTES } from "../protocol/payload.ts";
import { StorageError } from "../storage/engine.ts";
import type { Coordinator, WriteOrder } from "./coordinator.ts";
import type { ForwardParts, ForwardPlan } from "./forwarded-write.ts";
import { ForwardedWrite, unreadable } from "./forwarded-write.ts";

/**
 * Brings a client's write to a node that may coordinate it: this one or another of the key's first N healthy ones, in the order that
 * `write-candidates.ts` gives, and the next one where that does not do it. A write without a name gets one here, so that it stays
 * one write although several nodes may have coordinated it (K-11).
 */
export class WriteRouter {
  readonly #environment: Environment;
  readonly #parts: ForwardParts;
  readonly #coordinator: Routed;

  constructor(environment: Environment, parts: ForwardParts, coordinator: Routed) {
    this.#environment = environment;
    this.#parts = parts;
    this.#coordinator = coordinator;
  }

  /** Returns the record after the write. Rejects with DynamoError. */
  async put(unnamed: WriteOrder): Promise<Uint8Array> {
    const { clock, random } = this.#environment;
    const deadlineMs = clock.monotonicMs() + unnamed.timeoutMs;
    const payload = withOperation(unnamed.payload, () => random.bytes(OPERATION_BYTES));
    const order = { ...unnamed, payload };
    let failure: Failure = UNTRIED;
    const candidates = this.#coordinator.writeCandidates(order);
    let first = candidates.next();
    if (first.value === this.#parts.nodeId) {
      const result = await this.#putHere(order);
      if (result instanceof Uint8Array) return result;
      failure = result;
      // Where the last write wins, one that is made again is a later one.
      if (failure.doubt !== undefined && isLastWriteWins(this.#parts.versioning.mode)) {
        throw failure.doubt;
      }
      first = candidates.next();
    }
    // A bad context costs no hop.
    this.#coordinator.openContext(order.key, order.context);
    const others = first.done === true ? [] : [first.value, ...candidates];
    const plan = { order, deadlineMs, candidates: others, ...failure };
    return new ForwardedWrite(this.#environment, this.#parts, this.#coordinator, plan).run();
  }

  /**
   * The record; or why others may do it: it may have been done, where this node's disk could not store it; or nothing was done, as the
   * node cannot read its row, or its disk loses writes, or it has no actor in a clock that is too long for one more, or it would keep the write as a hint and has no room for one, which it may have later.
   */
  async #putHere(order: WriteOrder): Promise<Uint8Array | Failure> {
    const { assertions } = this.#environment;
    try {
      const { record } = await this.#coordinator.put(order);
      return record;
    } catch (error) {
      const code = error instanceof DynamoError ? error.code : undefined;
      if (error instanceof DynamoError && code === "clock-too-long") {
        return { ...UNTRIED, ownRefusal: error };
      }
      if (code === "hints-full") {
        assertions.reachable("a write went elsewhere since its coordinator had no room for a hint");
        return UNTRIED;
      }
      // Rejected before it was minted, or after.
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      assertions.reachable("a write went elsewhere since its coordinator could not store it");
      return failure;
    }
  }
}

type Routed = Pick<Coordinator, "put" | "isCandidate" | "writeCandidates" | "openContext">;

/** What came of this node's own attempt. */
type Failure = Pick<ForwardPlan, "doubt" | "ownRefusal">;

const UNTRIED: Failure = { doubt: undefined, ownRefusal: undefined };

/** Undefined: others would fare no better. */
function failureOf(error: unknown): Failure | undefined {
  if (error instanceof StorageError) return { ...UNTRIED, ownRefusal: unreadable(error) };
  if (!(error instanceof DynamoError)) return undefined;
  return error.code === "storage" || hadNoRoom(error) ? { ...UNTRIED, doubt: error } : undefined;
}

/** True of the refusal of a write that its node holds already, and cannot replicate. */
function hadNoRoom(error: DynamoError): boolean {
  return error.cause instanceof DynamoError && error.cause.code === "hints-full";
}
