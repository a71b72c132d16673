import type { Verb } from "./load-tally.ts";
import { LoadTally } from "./load-tally.ts";

/** From now on: a warm-up, whose latencies do not count, then the measured time. */
export interface MeasuredTime {
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** Counts everything, and keeps the latencies of what began in the measured time. */
export class LoadRecorder {
  readonly tally = new LoadTally();
  /** Of the answer about to be told: autocannon calls `onResponse` just before it emits `response`. */
  verb: Verb = "GET";
  readonly #now: () => number;
  readonly #beginMs: number;
  readonly #endMs: number;
  readonly #cpuAtStart = process.cpuUsage();

  /** `now`: milliseconds, monotonic. */
  constructor({ warmUpSeconds, seconds }: MeasuredTime, now: () => number) {
    this.#now = now;
    this.#beginMs = now() + 1_000 * warmUpSeconds;
    this.#endMs = this.#beginMs + 1_000 * seconds;
    this.tally.measuredSeconds = seconds;
  }

  answered(status: number, latencyMs: number): void {
    const nowMs = this.#now();
    this.tally.answered(`${this.verb} ${status}`);
    if (nowMs >= this.#beginMs && nowMs < this.#endMs) this.tally.endedInTime += 1;
    this.#record(this.verb, nowMs - latencyMs, latencyMs);
  }

  failed(error: unknown): void {
    this.tally.failed(error instanceof Error ? error.message : String(error));
  }

  lost(): void {
    this.tally.unanswered += 1;
  }

  neverEnded(verb: Verb, beganMs: number): void {
    if (beganMs < this.#endMs) {
      this.tally.unanswered += 1;
      this.#record(verb, beganMs, this.#now() - beganMs);
    }
  }

  /** The load is over: what the process does from now on is not for it. */
  end(): void {
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    this.tally.generatorCpuUs = user + system;
  }

  #record(verb: Verb, beganMs: number, latencyMs: number): void {
    if (beganMs >= this.#beginMs && beganMs < this.#endMs) this.tally.took(verb, latencyMs);
  }
}
