import type { Environment } from "../env/environment.ts";
import { DynamoError } from "../protocol/errors.ts";
import type { Stages } from "./stages.ts";

/** Of its time, the most that a request may wait for its turn: with less left than that it would hardly be served. */
const WAIT_SHARE = 0.5;

/**
 * Admits the requests that a node coordinates, its clients' and those forwarded to it, into their stages, which shed what they have
 * no room for (D-4-0, overload handling): a request that waits in a long queue is late for its client and costs as much as
 * one that is in time. While the node stops nobody new comes in, and after `close` `drained` tells when the last one is out.
 */
export class Admission {
  readonly #stages: Pick<Stages, "clients" | "forwards">;
  readonly #assertions: Environment["assertions"];
  #inFlight = 0;
  #closed = false;
  #onDrained: (() => void) | undefined;

  constructor(
    { metrics, assertions }: Pick<Environment, "metrics" | "assertions">,
    stages: Pick<Stages, "clients" | "forwards">,
  ) {
    this.#stages = stages;
    this.#assertions = assertions;
    metrics.gauge(
      "ringside_requests_in_flight",
      "Client requests under way or waiting for their turn, forwarded ones too",
      {},
      () => this.#inFlight,
    );
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Does the work, which is told how much of `timeoutMs` is left, or rejects with DynamoError `overloaded` or `stopping` without
   * having begun it.
   */
  async admit<T>(
    kind: "clients" | "forwards",
    timeoutMs: number,
    work: (remainingMs: number) => Promise<T>,
  ): Promise<T> {
    if (this.#closed) throw new DynamoError("stopping", "Cannot take the request: the node stops");
    const stage = this.#stages[kind];
    this.#inFlight += 1;
    let isIn = stage.tryEnter();
    try {
      let waitedMs = 0;
      if (!isIn) {
        waitedMs = await stage.turn(WAIT_SHARE * timeoutMs);
        isIn = true;
      }
      return await work(timeoutMs - waitedMs);
    } finally {
      if (isIn) stage.leave();
      this.#left();
    }
  }

  #left(): void {
    this.#inFlight -= 1;
    if (this.#inFlight > 0 || this.#onDrained === undefined) return;
    this.#assertions.reachable("a node drained the requests under way when it stopped");
    this.#onDrained();
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Refuses everything from now on. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when nothing is under way. */
  drained(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }
}
