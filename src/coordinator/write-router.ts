import type { NodeId } from "../base/ids.ts";
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
 * Brings a client's write to a node that may coordinate it. This node does where it is among the key's first N healthy ones;
 * else the write is forwarded to one of them drawn at random, so that no single node carries a popular key
 * (paper 5 over 4.5, P-2), and to the next ones where that does not do it. A write without a name gets one here, so that it stays
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
    if (this.#coordinator.mayCoordinate(order)) {
      const result = await this.#putHere(order);
      if (result instanceof Uint8Array) return result;
      // Where the last write wins, one that is made again is a later one.
      if (result !== undefined && isLastWriteWins(this.#parts.versioning.mode)) throw result;
      doubt = result;
    }
    // A bad context costs no hop.
    this.#coordinator.openContext(order.key, order.context);
    const candidates = this.#rotated(this.#coordinator.otherCoordinators(order));
    const plan = { order, deadlineMs, candidates, doubt };
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

  #rotated(candidates: readonly NodeId[]): readonly NodeId[] {
    if (candidates.length < 2) return candidates;
    const start = this.#environment.random.uint32() % candidates.length;
    return [...candidates.slice(start), ...candidates.slice(0, start)];
  }
}

/** True of the refusal of a write that its node holds already, and cannot replicate. */
function hadNoRoom(error: unknown): boolean {
  if (!(error instanceof DynamoError)) return false;
  return error.cause instanceof DynamoError && error.cause.code === "hints-full";
}
