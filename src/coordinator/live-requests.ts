import type { Assertions } from "../env/assertions.ts";
import type { Environment } from "../env/environment.ts";

/**
 * Counts the state machines of client requests from begin to very end, repair and hints included, which come after the
 * reply (D-5-4). The gauge falls to 0 when nothing is under way, else one has leaked.
 */
export class LiveRequests {
  readonly #assertions: Assertions;
  #count = 0;
  #onIdle: (() => void)[] = [];

  constructor(environment: Environment) {
    this.#assertions = environment.assertions;
    environment.metrics.gauge(
      "ringside_live_requests",
      "Request state machines that have not ended, those past their reply included",
      {},
      () => this.#count,
    );
  }

  get count(): number {
    return this.#count;
  }

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    this.#assertions.always("no request ended twice", this.#count >= 0);
    if (this.#count > 0) return;
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const callback of waiting) callback();
  }

  /** Resolves once no request is alive. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }
}
