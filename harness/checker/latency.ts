/*
 * How long operations took, from their intended start, so that a stall counts for every operation it delayed and not only
 * for those that were lucky enough to be sent (no coordinated omission).
 *
 * By function: successful operations. `all`: every operation that ended, with the time until it ended, since leaving out
 * what timed out would flatter the store; this one is held against an SLO. Beside them, for judging the harness itself:
 * `service` counts from the real start and `lateness` from intended to real start.
 */

import type { Histogram } from "hdr-histogram-js";
import { build } from "hdr-histogram-js";
import type { CheckerResult, LatencySummary } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";

export interface LatencyHistograms {
  /** Successful operations by function, and `all`. Microseconds. */
  readonly operations: ReadonlyMap<string, Histogram>;
  /** By phase name (healthy intervals together), every operation that lies inside it. Microseconds. */
  readonly phases: ReadonlyMap<string, Histogram>;
  readonly service: Histogram;
  readonly lateness: Histogram;
}

export interface LatencyResult extends CheckerResult {
  readonly operations: Readonly<Record<string, LatencySummary>>;
  readonly phases: Readonly<Record<string, LatencySummary>>;
  /** From the real start of every operation. */
  readonly service: LatencySummary;
  /** From the intended to the real start: no process was free, or the harness itself was late. */
  readonly lateness: LatencySummary;
}

export const ALL_OPERATIONS = "all";
const FEW_SAMPLES_BELOW = 10_000;

export function measureLatency({ pairs, phases }: Evidence): LatencyHistograms {
  const operations = new Map<string, Histogram>();
  const byPhase = new Map<string, Histogram>();
  const all = emptyHistogram();
  const service = emptyHistogram();
  const lateness = emptyHistogram();
  for (const { invocation, completion } of pairs) {
    record(lateness, invocation.timeNs - invocation.intendedNs);
    if (completion === undefined) {
      continue;
    }
    const latencyNs = completion.timeNs - invocation.intendedNs;
    record(all, latencyNs);
    record(service, completion.timeNs - invocation.timeNs);
    if (completion.type === "ok") {
      record(histogramOf(operations, invocation.f), latencyNs);
    }
    const phase = phases.phases[phases.find(invocation.intendedNs, completion.timeNs)];
    if (phase !== undefined) {
      record(histogramOf(byPhase, phase.name), latencyNs);
    }
  }
  return {
    operations: new Map([...operations, [ALL_OPERATIONS, all]]),
    phases: byPhase,
    service,
    lateness,
  };
}

export function summarizeLatency(histograms: LatencyHistograms): LatencyResult {
  return {
    verdict: "valid",
    reasons: [],
    operations: summaries(histograms.operations),
    phases: summaries(histograms.phases),
    service: summaryOf(histograms.service),
    lateness: summaryOf(histograms.lateness),
  };
}

/** Texts of `.hgrm` files in milliseconds, by file name without ending. */
export function exportHgrm({ operations, phases }: LatencyHistograms): ReadonlyMap<string, string> {
  const text = (histogram: Histogram) => histogram.outputPercentileDistribution(5, 1_000);
  const files = new Map<string, string>();
  for (const [name, histogram] of operations) {
    files.set(name, text(histogram));
  }
  for (const [name, histogram] of phases) {
    files.set(`phase-${name}`, text(histogram));
  }
  return files;
}

function emptyHistogram(): Histogram {
  return build({ numberOfSignificantValueDigits: 3, autoResize: true, useWebAssembly: false });
}

function histogramOf(histograms: Map<string, Histogram>, name: string): Histogram {
  let histogram = histograms.get(name);
  if (histogram === undefined) {
    histogram = emptyHistogram();
    histograms.set(name, histogram);
  }
  return histogram;
}

/** A foreign history may be out of order; the sanity check says so, and a negative duration would throw here. */
function record(histogram: Histogram, durationNs: number): void {
  histogram.recordValue(Math.max(0, Math.round(durationNs / 1_000)));
}

function summaries(
  histograms: ReadonlyMap<string, Histogram>,
): Readonly<Record<string, LatencySummary>> {
  return Object.fromEntries(
    [...histograms].map(([name, histogram]) => [name, summaryOf(histogram)]),
  );
}

function summaryOf(histogram: Histogram): LatencySummary {
  const count = histogram.totalCount;
  const ms = (percentile: number) =>
    count === 0 ? 0 : histogram.getValueAtPercentile(percentile) / 1_000;
  return {
    count,
    mean: count === 0 ? 0 : histogram.mean / 1_000,
    p50: ms(50),
    p90: ms(90),
    p99: ms(99),
    p999: ms(99.9),
    max: count === 0 ? 0 : histogram.maxValue / 1_000,
    fewSamples: count < FEW_SAMPLES_BELOW,
  };
}
