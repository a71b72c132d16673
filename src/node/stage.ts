import type { Timer } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import type { Counter, Histogram } from "../env/metrics.ts";
import { DynamoError } from "../protocol/errors.ts";

export interface StageLimits {
  /** Tasks under way at most. */
  readonly runningMax: number;
  /** Tasks that wait for their turn at most; 0: none ever waits. */
  readonly queueMax: number;
}

/** A task that waits for its turn: exactly one of the two is called, and once. */
export interface Waiting {
  /** The longest it waits. */
  readonly waitMaxMs: number;
  /** Its turn has come; whoever is called leaves the stage in the end. */
  begin(waitedMs: number): void;
  /** It has waited for too long: DynamoError overloaded, and it will never begin. */
  refuse(error: DynamoError): void;
}

/**
 * One stage of a node's work (D-5-3; Welsh and others, "SEDA", SOSP 2001): so many tasks of one kind at once, so many more that wait
 * for their turn in the order in which they came, and every further one refused at once, as is one that has waited
 * for too long. What is refused was never begun. Each kind has its own bounds, so a stage that is full holds up nobody but those who
 * want the same (`stages.ts`).
 *
 * Where a place is free nothing is allocated and no clock is read: `tryEnter`, work, `leave`.
 */
export class Stage {
  readonly #environment: Pick<Environment, "assertions" | "clock">;
  readonly #name: string;
  readonly #limits: StageLimits;
  readonly #wait: Histogram;
  readonly #shedFull: Counter;
  readonly #shedLate: Counter;
  /** The first is the next. */
  readonly #queue = new Set<Queued>();
  #running = 0;
  #isHandingOver = false;

  constructor(
    environment: Pick<Environment, "assertions" | "clock" | "metrics">,
    name: string,
    limits: StageLimits,
  ) {
    const { metrics } = environment;
    this.#environment = environment;
    this.#name = name;
    this.#limits = limits;
    const labels = { stage: name };
    metrics.gauge(
      "ringside_stage_running",
      "Tasks under way by stage.",
      labels,
      () => this.running,
    );
    metrics.gauge("ringside_stage_depth", "Tasks that wait by stage.", labels, () => this.depth);
    this.#wait = metrics.histogram(
      "ringside_stage_wait_ms",
      "How long tasks waited for their turn, by stage, those that were refused not counted.",
      labels,
    );
    const shed = (reason: string) =>
      metrics.counter("ringside_stage_shed_total", "Tasks refused by stage, before they began.", {
        ...labels,
        reason,
      });
    this.#shedFull = shed("full");
    this.#shedLate = shed("late");
  }

  /** Tasks under way. */
  get running(): number {
    return this.#running;
  }

  /** Tasks that wait. */
  get depth(): number {
    return this.#queue.size;
  }

  /** True: the caller's task has a place, and leaves when it has ended. */
  tryEnter(): boolean {
    if (this.#running >= this.#limits.runningMax || this.#queue.size > 0) return false;
    this.#running += 1;
    this.#wait.observe(0);
    return true;
  }

  /** Lets a task wait for its turn. Throws DynamoError overloaded where too many do. */
  enqueue(waiting: Waiting): void {
    const { clock, assertions } = this.#environment;
    if (this.#queue.size >= this.#limits.queueMax) {
      assertions.reachable("a stage refused what it had no place for");
      this.#shedFull.increment();
      throw this.#overloaded(`${this.#running} are under way and ${this.#queue.size} wait`);
    }
    const queued: Queued = {
      waiting,
      sinceMs: clock.monotonicMs(),
      timer: clock.setTimer(waiting.waitMaxMs, () => this.#giveUp(queued)),
    };
    this.#queue.add(queued);
  }

  /** A task has ended; the next one that waits begins within this call. */
  leave(): void {
    this.#running -= 1;
    this.#environment.assertions.always("no task leaves a stage twice", this.#running >= 0);
    // Tasks that end as soon as they begin would pile up calls.
    if (this.#queue.size > 0 && !this.#isHandingOver) this.#handOver();
  }

  /** `enqueue` as a promise of how long it waited, in milliseconds. Rejects with DynamoError overloaded. */
  turn(waitMaxMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.enqueue({ waitMaxMs, begin: resolve, refuse: reject });
    });
  }

  #handOver(): void {
    const { clock, assertions } = this.#environment;
    this.#isHandingOver = true;
    try {
      for (const queued of this.#queue) {
        if (this.#running >= this.#limits.runningMax) break;
        this.#queue.delete(queued);
        queued.timer.cancel();
        const waitedMs = clock.monotonicMs() - queued.sinceMs;
        assertions.reachable("a task began after it had waited for its stage");
        this.#running += 1;
        this.#wait.observe(waitedMs);
        queued.waiting.begin(waitedMs);
      }
    } finally {
      this.#isHandingOver = false;
    }
  }

  #giveUp(queued: Queued): void {
    this.#environment.assertions.reachable("a task waited for its stage for too long");
    this.#queue.delete(queued);
    this.#shedLate.increment();
    queued.waiting.refuse(this.#overloaded(`it waited for ${queued.waiting.waitMaxMs} ms`));
  }

  #overloaded(why: string): DynamoError {
    return new DynamoError("overloaded", `Cannot take the request: stage ${this.#name}: ${why}`);
  }
}

interface Queued {
  readonly waiting: Waiting;
  readonly sinceMs: number;
  readonly timer: Timer;
}
