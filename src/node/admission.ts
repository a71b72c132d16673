import type { Assertions } from "../env/assertions.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";
import { DynamoError } from "../protocol/errors.ts";

/**
 * Admits client requests up to a bound and sheds the rest at once (D-4-0, overload handling): a request that waits
 * in a long queue is late for its client and costs as much as one that is in time. While the node stops nobody
 * new comes in, and after `close` `drained` tells when the last one is out.
 */
export class Admission {
  readonly #inFlightMax: number;
  readonly #shed: Counter;
  readonly #assertions: Assertions;
  #inFlight = 0;
  #closed = false;
  #onDrained: (() => void) | undefined;

  constructor(environment: Environment, inFlightMax: number) {
    this.#inFlightMax = inFlightMax;
    this.#assertions = environment.assertions;
    this.#shed = environment.metrics.counter(
      "ringside_requests_shed_total",
      "Client requests refused because too many were under way",
    );
    environment.metrics.gauge(
      "ringside_requests_in_flight",
      "Client requests under way",
      {},
      () => this.#inFlight,
    );
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Does the work, or throws DynamoError `overloaded` or `stopping` without having begun it. */
  async admit<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new DynamoError("stopping", "Cannot take the request: the node stops");
    if (this.#inFlight >= this.#inFlightMax) {
      this.#assertions.reachable("a request was shed for overload");
      this.#shed.increment();
      throw new DynamoError(
        "overloaded",
        `Cannot take the request: ${this.#inFlightMax} are under way`,
      );
    }
    this.#inFlight += 1;
    try {
      return await work();
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0 && this.#onDrained !== undefined) {
        this.#assertions.reachable("a node drained the requests under way when it stopped");
        this.#onDrained();
      }
    }
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
