import type { NodeId } from "../base/ids.ts";
import { isLastWriteWins } from "../causality/versioning.ts";
import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { ForwardRequest } from "../protocol/messages.ts";
import type { Outcome } from "../rpc/contract.ts";
import { StorageError } from "../storage/engine.ts";
import type { Coordinator, WriteOrder } from "./coordinator.ts";
import type { CoordinatorParts } from "./parts.ts";

export type ForwardParts = Pick<CoordinatorParts, "nodeId" | "calls" | "versioning" | "ring"> & {
  readonly instruments: Pick<CoordinatorParts["instruments"], "forwards">;
};

export interface ForwardPlan {
  /** With a named payload: nodes know the write again by it. */
  readonly order: WriteOrder;
  /** By `monotonicMs`. */
  readonly deadlineMs: number;
  /** In the order in which they are asked; this node may be one of them. */
  readonly candidates: readonly NodeId[];
  /** Why it may have been done already, where this node has tried and failed; then it does not try again. */
  readonly doubt: DynamoError | undefined;
  /** Why this node cannot do it, where it has tried and did nothing; then it does not try again. */
  readonly ownRefusal: DynamoError | undefined;
}

/**
 * One write that this node brings to others. They are asked one after the other: the next one where the one before refused for
 * certain, was lost or failed in doubt, and where it is silent, even to a ping, for its share of the time, the first for half of it. Those that are
 * silent are listened to all the same, and the first success is the answer. In the end this node coordinates the write itself, where it may.
 *
 * Since the write has a name it stays one write whoever did it (K-11); where the last write wins it does not, and nobody else is asked
 * after an attempt in doubt. Once an attempt is in doubt, the whole is: no refusal is
 * definite then (D-4.5-7).
 */
export class ForwardedWrite {
  readonly #environment: Environment;
  readonly #parts: ForwardParts;
  readonly #coordinator: Pick<Coordinator, "put" | "isCandidate">;
  readonly #plan: ForwardPlan;
  /** Of the silence of those that were asked; none outlives the answer. */
  readonly #watches = new Set<Timer>();
  #next = 0;
  /** Attempts under way. */
  #openCount = 0;
  #mayTryHere: boolean;
  #doubt: DynamoError | undefined;
  /** A refusal that others would share. */
  #refusal: DynamoError | undefined;
  /** Why this node did not do it, or one whose reason lasts. */
  #ownRefusal: DynamoError | undefined;
  #settle: { resolve(record: Uint8Array): void; reject(error: unknown): void } | undefined;

  constructor(
    environment: Environment,
    parts: ForwardParts,
    coordinator: Pick<Coordinator, "put" | "isCandidate">,
    plan: ForwardPlan,
  ) {
    this.#environment = environment;
    this.#parts = parts;
    this.#coordinator = coordinator;
    this.#plan = plan;
    this.#doubt = plan.doubt;
    this.#ownRefusal = plan.ownRefusal;
    const hasTried = plan.doubt !== undefined || plan.ownRefusal !== undefined;
    this.#mayTryHere = !hasTried && coordinator.isCandidate(plan.order);
  }

  /** Resolves with the record after the write. Rejects with DynamoError. To be called once. */
  run(): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#tryNext();
    });
  }

  #tryNext(): void {
    if (this.#settle === undefined) return;
    const { assertions } = this.#environment;
    const remainingMs = this.#remainingMs();
    const mayGoOn = remainingMs > 0 && this.#refusal === undefined;
    const candidate = mayGoOn ? this.#plan.candidates[this.#next] : undefined;
    if (candidate === this.#parts.nodeId) {
      this.#next += 1;
      if (this.#mayTryHere) this.#putHere(remainingMs);
      else this.#tryNext();
    } else if (candidate !== undefined) {
      assertions.sometimes("a write was forwarded to a second candidate", this.#next > 0);
      assertions.sometimes(
        "a write that may have been done was sent to another candidate",
        this.#doubt !== undefined,
      );
      this.#next += 1;
      this.#forward(candidate, remainingMs);
    } else if (mayGoOn && this.#mayTryHere) {
      assertions.reachable("a node coordinated a write that no candidate took");
      this.#putHere(remainingMs);
    } else if (this.#openCount === 0) {
      const refusal = this.#refusal ?? this.#ownRefusal;
      this.#reject(this.#doubt ?? refusal ?? this.#noCoordinator(remainingMs));
    }
  }

  #putHere(timeoutMs: number): void {
    this.#mayTryHere = false;
    this.#openCount += 1;
    this.#coordinator.put({ ...this.#plan.order, timeoutMs }).then(
      ({ record }) => this.#answer(record),
      (error: unknown) => {
        this.#openCount -= 1;
        if (error instanceof StorageError) {
          this.#ownRefusal = unreadable(error);
          this.#failed(undefined);
        } else if (error instanceof DynamoError) {
          if (error.definite) this.#ownRefusal = error;
          this.#failed(error);
        } else this.#reject(error);
      },
    );
  }

  #forward(candidate: NodeId, remainingMs: number): void {
    const { assertions } = this.#environment;
    assertions.always("a write is forwarded to another node", candidate !== this.#parts.nodeId);
    let isSilent = false;
    this.#openCount += 1;
    this.#parts.instruments.forwards.increment();
    const onSilence = (): void => {
      isSilent = true;
      assertions.reachable("a candidate was silent for its share of a forwarded write's time");
      this.#doubt ??= lost(candidate, "silent");
      this.#tryNext();
    };
    // Nobody else may be asked in doubt otherwise.
    const silence = this.#isKnownAgain
      ? this.#whenSilent(candidate, this.#shareOf(remainingMs), onSilence)
      : undefined;
    this.#parts.calls.call(candidate, this.#requestOf(remainingMs), remainingMs, (outcome) => {
      silence?.cancel();
      this.#openCount -= 1;
      const result = resultOf(candidate, outcome);
      if (result instanceof Uint8Array) {
        assertions.reachable("a write was forwarded and confirmed");
        assertions.sometimes(
          "a candidate that had seemed silent confirmed a forwarded write",
          isSilent && this.#settle !== undefined,
        );
        this.#answer(result);
      } else {
        if (result?.code === "forward-lost") assertions.reachable("a forwarded write was lost");
        assertions.sometimes(
          "a candidate refused a forwarded write definitely",
          result !== undefined && TRY_NEXT.has(result.code),
        );
        this.#failed(result);
      }
    });
  }

  /**
   * Calls back once where a candidate is silent for `shareMs`. Half of that time is for its answer; then it is pinged, over the connection
   * on which the write went, and where it answers that it has the write and is at work: then it has as much time again.
   */
  #whenSilent(candidate: NodeId, shareMs: number, callback: () => void): Timer {
    const { clock } = this.#environment;
    let timer: Timer;
    const wait = (): void => {
      timer = clock.setTimer(shareMs / 2, () => {
        timer = this.#parts.calls.call(candidate, { type: "ping" }, shareMs / 2, (outcome) => {
          if (outcome.kind === "reply") wait();
          else callback();
        });
      });
    };
    wait();
    const watch: Timer = {
      cancel: () => {
        timer.cancel();
        this.#watches.delete(watch);
      },
    };
    this.#watches.add(watch);
    return watch;
  }

  /** An attempt has ended without success; undefined: it never left this node, or did nothing here. */
  #failed(error: DynamoError | undefined): void {
    if (error !== undefined && !error.definite) {
      this.#doubt = error;
      // That coordinator had its time and its replicas, and says how far it came.
      if (error.code === "write-quorum-not-met" || !this.#isKnownAgain) this.#refusal = error;
    } else if (error !== undefined && !TRY_NEXT.has(error.code)) {
      this.#refusal = error;
    } else if (error?.code === "clock-too-long") {
      // Nothing that time would cure: worth more to the client than that nobody took it.
      this.#ownRefusal ??= error;
    }
    this.#tryNext();
  }

  /** Where the last write wins, one that is made again is a later one, and may win over what came in between. */
  get #isKnownAgain(): boolean {
    return !isLastWriteWins(this.#parts.versioning.mode);
  }

  /** Half of the time for the first, and of what is left an equal part for each of the others and for this node. */
  #shareOf(remainingMs: number): number {
    const left = this.#plan.candidates.length - this.#next;
    return remainingMs / (this.#next === 1 ? 2 : left + 1 + (this.#mayTryHere ? 1 : 0));
  }

  #requestOf(remainingMs: number): ForwardRequest {
    const { key, context, payload, w, quorum } = this.#plan.order;
    const ring = this.#parts.ring().stamp;
    const budgetMs = Math.ceil(remainingMs);
    const strict = quorum === "strict";
    return { type: "forward", ring, key, context, payload, w, budgetMs, strict };
  }

  /** Nobody did anything. */
  #noCoordinator(remainingMs: number): DynamoError {
    const { assertions } = this.#environment;
    if (remainingMs > 0 && this.#plan.order.quorum === "strict") {
      // Here the write would get a hint for a copy, and a strict quorum counts none.
      assertions.reachable("a strict write found none of its primaries");
      return new DynamoError(
        "too-few-nodes",
        "Cannot write: none of the key's nodes took it, and a strict quorum counts no other",
      );
    }
    if (remainingMs > 0) {
      return new DynamoError("too-few-nodes", "Cannot write: none of the key's nodes took it");
    }
    assertions.reachable("a write found no coordinator in time");
    return new DynamoError("overloaded", "Cannot find a coordinator for the key in time");
  }

  #answer(record: Uint8Array): void {
    this.#settle?.resolve(record);
    this.#end();
  }

  #reject(error: unknown): void {
    this.#settle?.reject(error);
    this.#end();
  }

  #end(): void {
    this.#settle = undefined;
    for (const watch of this.#watches) watch.cancel();
  }

  #remainingMs(): number {
    return this.#plan.deadlineMs - this.#environment.clock.monotonicMs();
  }
}

/** What is said of a write that this node could not mint, since it cannot read its row, or its disk loses writes: nothing was done, as far as it can see. */
export function unreadable(cause: StorageError): DynamoError {
  return new DynamoError("storage", "Cannot read or write this node's own copy of the key", {
    cause,
  });
}

/** Definite refusals that another node may not share. */
const TRY_NEXT: ReadonlySet<string> = new Set([
  "overloaded",
  "stopping",
  "stale-ring",
  "hints-full",
  "clock-too-long",
]);

/** The record, or why there is none; undefined: nothing left this node. */
function resultOf(candidate: NodeId, outcome: Outcome): Uint8Array | DynamoError | undefined {
  switch (outcome.kind) {
    case "not-sent":
      return undefined;
    case "lost":
    case "timeout":
      return lost(candidate, outcome.kind);
    case "reply":
      break;
  }
  const { reply } = outcome;
  if (reply.type === "forward-reply") return reply.record;
  return reply.type === "error-reply"
    ? new DynamoError(reply.code, reply.message)
    : new DynamoError("internal", `Cannot understand a reply of type ${reply.type}`);
}

function lost(candidate: NodeId, how: string): DynamoError {
  return new DynamoError(
    "forward-lost",
    `Cannot tell what became of the write: coordinator ${candidate} did not answer (${how})`,
  );
}
