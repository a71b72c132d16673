import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { CoordinatorParts, Minted } from "./parts.ts";

/** A write that has ended, as its coordinator keeps what is left to do. */
export interface EndedWrite {
  readonly key: Uint8Array;
  readonly minted: Minted;
  /** The one of the N whose copy was to be stored before it was acknowledged. */
  readonly durablePrimary: NodeId | undefined;
  /** Whose hint the coordinator's own copy is; undefined: its own row. */
  readonly ownHintFor: NodeId | undefined;
}

/** Keeps the hints that a write leaves to its coordinator, for replicas that nobody acknowledged it for (D-4.6-1). */
export class OwedHints {
  readonly #environment: Pick<Environment, "assertions" | "log">;
  readonly #parts: Pick<CoordinatorParts, "replica" | "instruments">;
  readonly #write: EndedWrite;

  constructor(
    environment: Pick<Environment, "assertions" | "log">,
    parts: Pick<CoordinatorParts, "replica" | "instruments">,
    write: EndedWrite,
  ) {
    this.#environment = environment;
    this.#parts = parts;
    this.#write = write;
  }

  /** Resolves once it is over. What could not be kept is counted and logged. */
  async keep(primaries: readonly NodeId[]): Promise<void> {
    const { assertions, log } = this.#environment;
    const kept = primaries.map((primary) =>
      this.#keepFor(primary).catch((error: unknown) => {
        assertions.reachable("a coordinator could not keep a hint");
        this.#parts.instruments.hintsFailed.increment();
        log.error({ err: error }, "Cannot keep a hint");
      }),
    );
    await Promise.all(kept);
  }

  /** Where there is no room for it nobody keeps it: one copy fewer until the key is read. Counted, and no surprise. */
  async #keepFor(primary: NodeId): Promise<void> {
    const { assertions } = this.#environment;
    const { durablePrimary, ownHintFor } = this.#write;
    const durable = durablePrimary === primary;
    if (await this.#store(primary, durable)) {
      assertions.reachable("a coordinator kept a hint itself");
      this.#parts.instruments.hintsKept.increment();
      return;
    }
    assertions.reachable("a coordinator had no room for a hint that it owed");
    this.#parts.instruments.hintsFailed.increment();
    // The copy that was to be stored is nobody's now: the coordinator stores its own, unless that was delivered, which is as good.
    if (durable) await this.#store(ownHintFor, durable);
  }

  /** False where it would be a hint and there is no room for it. */
  async #store(hintFor: NodeId | undefined, durable: boolean): Promise<boolean> {
    const { key, minted } = this.#write;
    try {
      await this.#parts.replica.store(key, minted.record, hintFor, { durable });
      return true;
    } catch (error) {
      if (error instanceof DynamoError && error.code === "hints-full") return false;
      throw error;
    }
  }
}
