import type { Histogram } from "hdr-histogram-js";
import { build } from "hdr-histogram-js";
import type { LatencyFigures, LoadFigures } from "./http-figures.ts";

export type Verb = "GET" | "PUT";

/** From now on: a warm-up, whose latencies do not count, then the measured time. */
export interface MeasuredTime {
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

const LATENCY_US_MAX = 60_000_000;

/** Counts everything, and keeps the latencies of what began in the measured time. */
export class LoadRecorder {
  /** Of the answer about to be told: autocannon calls `onResponse` just before it emits `response`. */
  verb: Verb = "GET";
  readonly #histograms: Record<Verb, Histogram> = { GET: newHistogram(), PUT: newHistogram() };
  readonly #statuses: Record<string, number> = {};
  readonly #errors: Record<string, number> = {};
  readonly #now: () => number;
  readonly #beginMs: number;
  readonly #endMs: number;
  #endedInTime = 0;
  #unanswered = 0;
  #answers = 0;
  readonly #cpuAtStart = process.cpuUsage();

  /** `now`: milliseconds, monotonic. */
  constructor({ warmUpSeconds, seconds }: MeasuredTime, now: () => number) {
    this.#now = now;
    this.#beginMs = now() + 1_000 * warmUpSeconds;
    this.#endMs = this.#beginMs + 1_000 * seconds;
  }

  answered(status: number, latencyMs: number): void {
    const nowMs = this.#now();
    const answer = `${this.verb} ${status}`;
    this.#statuses[answer] = (this.#statuses[answer] ?? 0) + 1;
    this.#answers += 1;
    if (nowMs >= this.#beginMs && nowMs < this.#endMs) this.#endedInTime += 1;
    this.#record(this.verb, nowMs - latencyMs, latencyMs);
  }

  failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#errors[message] = (this.#errors[message] ?? 0) + 1;
  }

  lost(): void {
    this.#unanswered += 1;
  }

  neverEnded(verb: Verb, beganMs: number): void {
    if (beganMs < this.#endMs) {
      this.#unanswered += 1;
      this.#record(verb, beganMs, this.#now() - beganMs);
    }
  }

  figures(): LoadFigures {
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    const all = newHistogram();
    all.add(this.#histograms.GET);
    all.add(this.#histograms.PUT);
    const measuredSeconds = (this.#endMs - this.#beginMs) / 1_000;
    return {
      measuredSeconds,
      requestsPerSecond: this.#endedInTime / measuredSeconds,
      latencyMs: {
        all: latencyFigures(all),
        get: latencyFigures(this.#histograms.GET),
        put: latencyFigures(this.#histograms.PUT),
      },
      statuses: this.#statuses,
      errors: this.#errors,
      unanswered: this.#unanswered,
      generatorCpuUs: (user + system) / Math.max(this.#answers, 1),
    };
  }

  #record(verb: Verb, beganMs: number, latencyMs: number): void {
    if (beganMs >= this.#beginMs && beganMs < this.#endMs) {
      this.#histograms[verb].recordValue(Math.min(Math.round(1_000 * latencyMs), LATENCY_US_MAX));
    }
  }
}

function newHistogram(): Histogram {
  return build({ highestTrackableValue: LATENCY_US_MAX, numberOfSignificantValueDigits: 3 });
}

function latencyFigures(us: Histogram): LatencyFigures {
  const ms = (percentile: number) => us.getValueAtPercentile(percentile) / 1_000;
  return {
    count: us.totalCount,
    mean: us.totalCount === 0 ? 0 : us.mean / 1_000,
    p50: ms(50),
    p99: ms(99),
    p999: ms(99.9),
    max: us.maxValue / 1_000,
  };
}
