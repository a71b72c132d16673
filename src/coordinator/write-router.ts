import { isLastWriteWins } from "../causality/versioning.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import { withOperation } from "../protocol/operations.ts";
import { OPERATION_BYTES } from "../protocol/payload.ts";
import { StorageError } from "../storage/engine.ts";
import type { Coordinator, WriteOrder } from "./coordinator.ts";
import { ForwardedWrite } from "./forwarded-write.ts";
import type { CoordinatorParts } from "./parts.ts";

/**
 * Brings a client's write to a node that may coordinate it: this one or another of the key's first N healthy ones, in the order that
 * `write-candidates.ts` gives, and the next one where that does not do it. A write without a name gets one here, so that it stays
 * one write although several nodes may have coordinated it (K-11).
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
  async put(unnamed: WriteOrder): Promise<Uint8Array> {
    const { clock, random } = this.#environment;
    const deadlineMs = clock.monotonicMs() + unnamed.timeoutMs;
    const payload = withOperation(unnamed.payload, () => random.bytes(OPERATION_BYTES));
    const order = { ...unnamed, payload };
    let doubt: DynamoError | undefined;
    const candidates = this.#coordinator.writeCandidates(order);
    let first = candidates.next();
    if (first.value === this.#parts.nodeId) {
      const result = await this.#putHere(order);
      if (result instanceof Uint8Array) return result;
      // Where the last write wins, one that is made again is a later one.
      if (result !== undefined && isLastWriteWins(this.#parts.versioning.mode)) throw result;
      doubt = result;
      first = candidates.next();
    }
    // A bad context costs no hop.
    this.#coordinator.openContext(order.key, order.context);
    const others = first.done === true ? [] : [first.value, ...candidates];
    const plan = { order, deadlineMs, candidates: others, doubt };
    return new ForwardedWrite(this.#environment, this.#parts, this.#coordinator, plan).run();
  }

  /**
   * The record; why it may have been done, where this node's disk could not store it; or undefined where nothing was done, as the
   * node cannot read its row, or would keep the write as a hint and has no room for one. Then others may.
   */
  async #putHere(order: WriteOrder): Promise<Uint8Array | DynamoError | undefined> {
    const { assertions } = this.#environment;
    try {
      const { record } = await this.#coordinator.put(order);
      return record;
    } catch (error) {
      const code = error instanceof DynamoError ? error.code : undefined;
      if (code === "hints-full") {
        assertions.reachable("a write went elsewhere since its coordinator had no room for a hint");
        return undefined;
      }
      // Rejected before it was minted, or after.
      if (!(error instanceof StorageError) && code !== "storage" && !hadNoRoom(error)) throw error;
      assertions.reachable("a write went elsewhere since its coordinator could not store it");
      return error instanceof DynamoError ? error : undefined;
    }
  }
}

/** True of the refusal of a write that its node holds already, and cannot replicate. */
function hadNoRoom(error: unknown): boolean {
  if (!(error instanceof DynamoError)) return false;
  return error.cause instanceof DynamoError && error.cause.code === "hints-full";
}
