import type { Assertions } from "../env/assertions.ts";
import type { AlwaysPoint } from "../env/catalogue.ts";
import { CATALOGUE } from "../env/catalogue.ts";
import type { Log } from "../env/log.ts";
import type { Counter, Metrics } from "../env/metrics.ts";

/**
 * Assertions of a node in production: an `always` that does not hold counts in `ringside_assertions_failed_total`, by
 * point, and is logged the first time. The node goes on: what to do about it is for its operators to decide. The other
 * kinds cost one call that does nothing.
 */
export class NodeAssertions implements Assertions {
  readonly #log: Log;
  /** Made at once, so that a scrape shows zeros and an alert sees the first failure as an increase. */
  readonly #failures = new Map<AlwaysPoint, Counter>();
  readonly #logged = new Set<AlwaysPoint>();

  constructor({ log, metrics }: { readonly log: Log; readonly metrics: Metrics }) {
    this.#log = log;
    const help = "Invariants of the store that did not hold; each is a bug.";
    for (const { kind, name: point } of CATALOGUE) {
      if (kind !== "always") continue;
      const counter = metrics.counter("ringside_assertions_failed_total", help, { point });
      this.#failures.set(point, counter);
    }
  }

  always(point: AlwaysPoint, holds: boolean): void {
    if (!holds) this.#failed(point);
  }

  sometimes(): void {}

  reachable(): void {}

  #failed(point: AlwaysPoint): void {
    this.#failures.get(point)?.increment();
    if (this.#logged.has(point)) return;
    this.#logged.add(point);
    this.#log.error({ point }, "An invariant of the store does not hold; this is a bug");
  }
}
