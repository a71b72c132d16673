import type { Histogram } from "hdr-histogram-js";
import { build } from "hdr-histogram-js";
import type { LatencyFigures, LoadFigures } from "./http-figures.ts";

export type Verb = "GET" | "PUT";

const LATENCY_US_MAX = 60_000_000;

/** What was counted under one load, or under several, one after the other. */
export class LoadTally {
  measuredSeconds = 0;
  /** Answers that came in the measured time. */
  endedInTime = 0;
  unanswered = 0;
  /** Of the load generator, warm-up included, in microseconds. */
  generatorCpuUs = 0;
  readonly #histograms: Record<Verb, Histogram> = { GET: newHistogram(), PUT: newHistogram() };
  readonly #statuses: Record<string, number> = {};
  readonly #errors: Record<string, number> = {};

  /** All answers, the warm-up's too. */
  get answers(): number {
    return Object.values(this.#statuses).reduce((sum, count) => sum + count, 0);
  }

  answered(answer: string, count = 1): void {
    this.#statuses[answer] = (this.#statuses[answer] ?? 0) + count;
  }

  failed(message: string, count = 1): void {
    this.#errors[message] = (this.#errors[message] ?? 0) + count;
  }

  took(verb: Verb, latencyMs: number): void {
    this.#histograms[verb].recordValue(Math.min(Math.round(1_000 * latencyMs), LATENCY_US_MAX));
  }

  /** Counts what `other` has counted, which stays as it is. */
  add(other: LoadTally): void {
    this.measuredSeconds += other.measuredSeconds;
    this.endedInTime += other.endedInTime;
    this.unanswered += other.unanswered;
    this.generatorCpuUs += other.generatorCpuUs;
    for (const verb of ["GET", "PUT"] as const) this.#histograms[verb].add(other.#histograms[verb]);
    for (const [answer, count] of Object.entries(other.#statuses)) this.answered(answer, count);
    for (const [message, count] of Object.entries(other.#errors)) this.failed(message, count);
  }

  figures(): LoadFigures {
    const all = newHistogram();
    all.add(this.#histograms.GET);
    all.add(this.#histograms.PUT);
    return {
      measuredSeconds: this.measuredSeconds,
      requestsPerSecond: this.endedInTime / this.measuredSeconds,
      latencyMs: {
        all: latencyFigures(all),
        get: latencyFigures(this.#histograms.GET),
        put: latencyFigures(this.#histograms.PUT),
      },
      statuses: this.#statuses,
      errors: this.#errors,
      unanswered: this.unanswered,
      generatorCpuUs: this.generatorCpuUs / Math.max(this.answers, 1),
    };
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
