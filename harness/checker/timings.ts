import type { Histogram } from "hdr-histogram-js";
import { build } from "hdr-histogram-js";
import type { LatencySummary } from "../run/summary.ts";

/** Fewer samples say little of a p99.9. */
export const FEW_SAMPLES_BELOW = 10_000;

/**
 * Durations of one kind, as a histogram of microseconds to three digits. The mean is that of the durations: to get it of the
 * histogram, all of its buckets have to be walked through, which took a short simulated run longer than all of its other checks.
 */
export class Timings {
  readonly histogram: Histogram = build({
    numberOfSignificantValueDigits: 3,
    autoResize: true,
    useWebAssembly: false,
  });
  #sumUs = 0;

  /** A foreign history may be out of order; the sanity check says so, and a negative duration would throw here. */
  record(durationNs: number): void {
    const durationUs = Math.max(0, Math.round(durationNs / 1_000));
    this.histogram.recordValue(durationUs);
    this.#sumUs += durationUs;
  }

  summary(): LatencySummary {
    const count = this.histogram.totalCount;
    const ms = (percentile: number) =>
      count === 0 ? 0 : this.histogram.getValueAtPercentile(percentile) / 1_000;
    return {
      count,
      mean: count === 0 ? 0 : this.#sumUs / count / 1_000,
      p50: ms(50),
      p90: ms(90),
      p99: ms(99),
      p999: ms(99.9),
      max: count === 0 ? 0 : this.histogram.maxValue / 1_000,
      fewSamples: count < FEW_SAMPLES_BELOW,
    };
  }
}
