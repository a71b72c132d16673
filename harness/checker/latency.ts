/*
 * How long operations took, from their intended start, so that a stall counts for every operation it delayed and not only
 * for those that were lucky enough to be sent (no coordinated omission).
 *
 * By function: successful operations. `all`: every operation that ended, with the time until it ended, since leaving out
 * what timed out would flatter the store. `successful`: all functions together, since quick refusals would flatter it, too; an SLO is held
 * against both (`slo.ts`). By phase: every operation that was due in it, however late it ended; what a fault stalls until it is healed ends in no
 * phase, and is just what that fault cost. Beside them, for judging the harness itself: `service` counts from the real start and
 * `lateness` from intended to real start.
 */

import type { CheckerResult, LatencySummary } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";
import { Timings } from "./timings.ts";

export interface Latencies {
  /** Successful operations by function, and `all`. */
  readonly operations: ReadonlyMap<string, Timings>;
  /** By phase name (healthy intervals together), every operation that ended, by where its intended start lies. */
  readonly phases: ReadonlyMap<string, Timings>;
  /** Successful operations of all functions. */
  readonly successful: Timings;
  readonly service: Timings;
  readonly lateness: Timings;
}

export interface LatencyResult extends CheckerResult {
  readonly operations: Readonly<Record<string, LatencySummary>>;
  readonly phases: Readonly<Record<string, LatencySummary>>;
  /** Successful operations of all functions. */
  readonly successful: LatencySummary;
  /** From the real start of every operation. */
  readonly service: LatencySummary;
  /** From the intended to the real start: no process was free, or the harness itself was late. */
  readonly lateness: LatencySummary;
}

const ALL_OPERATIONS = "all";

export function measureLatency({ pairs, phases }: Evidence): Latencies {
  const operations = new Map<string, Timings>();
  const byPhase = new Map<string, Timings>();
  const all = new Timings();
  const successful = new Timings();
  const service = new Timings();
  const lateness = new Timings();
  for (const { invocation, completion } of pairs) {
    lateness.record(invocation.timeNs - invocation.intendedNs);
    if (completion === undefined) {
      continue;
    }
    const latencyNs = completion.timeNs - invocation.intendedNs;
    all.record(latencyNs);
    service.record(completion.timeNs - invocation.timeNs);
    if (completion.type === "ok") {
      timingsOf(operations, invocation.f).record(latencyNs);
      successful.record(latencyNs);
    }
    const phase = phases.phases[phases.find(invocation.intendedNs, invocation.intendedNs)];
    if (phase !== undefined) {
      timingsOf(byPhase, phase.name).record(latencyNs);
    }
  }
  return {
    operations: new Map([...operations, [ALL_OPERATIONS, all]]),
    phases: byPhase,
    successful,
    service,
    lateness,
  };
}

export function summarizeLatency(latencies: Latencies): LatencyResult {
  return {
    verdict: "valid",
    reasons: [],
    operations: summaries(latencies.operations),
    phases: summaries(latencies.phases),
    successful: latencies.successful.summary(),
    service: latencies.service.summary(),
    lateness: latencies.lateness.summary(),
  };
}

/** Texts of `.hgrm` files in milliseconds, by file name without ending. */
export function exportHgrm({ operations, phases }: Latencies): ReadonlyMap<string, string> {
  const text = ({ histogram }: Timings) => histogram.outputPercentileDistribution(5, 1_000);
  const files = new Map<string, string>();
  for (const [name, timings] of operations) {
    files.set(name, text(timings));
  }
  for (const [name, timings] of phases) {
    files.set(`phase-${name}`, text(timings));
  }
  return files;
}

function timingsOf(byName: Map<string, Timings>, name: string): Timings {
  let timings = byName.get(name);
  if (timings === undefined) {
    timings = new Timings();
    byName.set(name, timings);
  }
  return timings;
}

function summaries(byName: ReadonlyMap<string, Timings>): Readonly<Record<string, LatencySummary>> {
  return Object.fromEntries([...byName].map(([name, timings]) => [name, timings.summary()]));
}
