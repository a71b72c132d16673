import type { Actor } from "../base/ids.ts";
import type { HybridTime } from "../causality/hybrid-time.ts";
import type { WriteTime } from "../causality/versioning.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter } from "../env/metrics.ts";

const LOG_PERIOD_MS = 60_000;

/** What a node has seen of clocks ahead of its own, for `/admin/status`. */
export interface SkewStatus {
  /** Records whose time was ahead of this node's clock by more than `clockSkewMaxMs`. */
  readonly alarms: number;
  /** The most by which one was, in milliseconds. */
  readonly aheadMsMax: number;
  /** Who wrote the last of them; null where there was none. */
  readonly writer: Actor | null;
}

/**
 * Where the last write wins, the clocks decide what is lost, so somebody has to hear when they disagree (K-14): each time in a
 * record that is ahead of the node's own clock by more than the bound raises the alarm. All others are what the node's
 * hybrid clock follows. Who is behind sees nothing: the others tell.
 */
export class SkewWatch {
  readonly #environment: Environment;
  readonly #skewMaxMs: number;
  readonly #alarms: Counter;
  #status: SkewStatus = { alarms: 0, aheadMsMax: 0, writer: null };
  #hybridTime: HybridTime = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(environment: Environment, skewMaxMs: number) {
    this.#environment = environment;
    this.#skewMaxMs = skewMaxMs;
    const { metrics } = environment;
    this.#alarms = metrics.counter(
      "ringside_clock_skew_alarms_total",
      "Records with a time ahead of this node's clock by more than clockSkewMaxMs.",
    );
    metrics.gauge(
      "ringside_clock_skew_ahead_max_ms",
      "The most by which a record was ahead of this node's clock when the alarm was raised.",
      undefined,
      () => this.#status.aheadMsMax,
    );
  }

  get status(): SkewStatus {
    return this.#status;
  }

  /** The latest time that the node's hybrid clock has seen; 0 for none. */
  get hybridTime(): HybridTime {
    return this.#hybridTime;
  }

  /** A record of somebody else, or what the node holds. Undefined: it says no time. */
  seen(time: WriteTime | undefined): void {
    if (time === undefined) return;
    const aheadMs = time.wallMs - this.#environment.clock.wallMs();
    if (aheadMs > this.#skewMaxMs) {
      this.#raise(aheadMs, time.actor);
    } else {
      this.wrote(time);
    }
  }

  /** The node's own write: followed whatever its clock says now. */
  wrote(time: WriteTime | undefined): void {
    this.#hybridTime = Math.max(this.#hybridTime, time?.hybridTime ?? 0);
  }

  #raise(aheadMs: number, writer: Actor): void {
    const { clock, log, assertions } = this.#environment;
    assertions.reachable("a record was ahead of the node's clock beyond the bound");
    this.#alarms.increment();
    const aheadMsMax = Math.max(this.#status.aheadMsMax, aheadMs);
    this.#status = { alarms: this.#status.alarms + 1, aheadMsMax, writer };
    if (clock.monotonicMs() - this.#loggedMs < LOG_PERIOD_MS) return;
    this.#loggedMs = clock.monotonicMs();
    log.warn(
      { writer, aheadMs, clockSkewMaxMs: this.#skewMaxMs },
      "Clocks disagree: a record is ahead of this node's clock, and writes are lost to it",
    );
  }
}
