import type { Histogram } from "hdr-histogram-js";
import type { SeededRandom } from "../../src/base/seeded-random.ts";
import type { ServingPlace } from "./profile-visitors.ts";
import { ProfileVisitors, visitFigures } from "./profile-visitors.ts";
import type { UsageProfile } from "./usage-profiles.ts";

export interface ProfileScale {
  readonly keys: number;
  readonly warmUpMs: number;
  /** At the declared rate. */
  readonly measuredMs: number;
  /** Saturated. */
  readonly saturatedMs: number;
  /** Visitors at once that saturate. */
  readonly visitors: number;
}

export interface ProfileResult {
  readonly readsUs: Histogram;
  readonly writesUs: Histogram;
  /** At the declared rate. */
  readonly failed: number;
  /** Requests a second. */
  readonly saturatedPerSecond: number;
}

/** Fewer say nothing of one in a thousand. */
const SAMPLES_MIN = 1_000;

/**
 * One pattern of use against nodes that are configured for it (D-2.1-6): latencies under visitors who come at the declared rate whatever the
 * nodes do, then the throughput of nodes that are never without a request. Throws Error where a key cannot be preloaded.
 */
export async function runProfile(
  profile: UsageProfile,
  {
    place,
    random,
    scale,
  }: {
    readonly place: ServingPlace;
    readonly random: SeededRandom;
    readonly scale: ProfileScale;
  },
): Promise<ProfileResult> {
  const visitors = new ProfileVisitors(profile, place, { keys: scale.keys, random });
  await visitors.preload();
  const { ratePerSecond } = profile.sla;
  await visitors.arrive(visitFigures(), ratePerSecond, scale.warmUpMs);
  const figures = visitFigures();
  await visitors.arrive(figures, ratePerSecond, scale.measuredMs);
  const saturatedPerSecond = await visitors.crowd(scale.visitors, scale.saturatedMs);
  const { reads: readsUs, writes: writesUs, failed } = figures;
  return { readsUs, writesUs, failed, saturatedPerSecond };
}

/** The p99.9 of enough latencies; of fewer the largest, which is no smaller: the SLA is asked of every one of them. */
export function slowestOf(latenciesUs: Histogram): {
  readonly percentile: "p99.9" | "max";
  readonly ms: number;
} {
  return latenciesUs.totalCount < SAMPLES_MIN
    ? { percentile: "max", ms: latenciesUs.maxValue / 1_000 }
    : { percentile: "p99.9", ms: latenciesUs.getValueAtPercentile(99.9) / 1_000 };
}

/** What of the declared SLA was missed, one sentence each; empty where it was met. */
export function missedOf(
  { sla }: Pick<UsageProfile, "sla">,
  { readsUs, writesUs, saturatedPerSecond }: ProfileResult,
): readonly string[] {
  const missed: string[] = [];
  if (readsUs.totalCount < SAMPLES_MIN) {
    missed.push(`only ${readsUs.totalCount} reads were measured, ${SAMPLES_MIN} are needed`);
  }
  for (const [what, latenciesUs] of [
    ["reads", readsUs],
    ["writes", writesUs],
  ] as const) {
    const { totalCount: count } = latenciesUs;
    const { percentile, ms } = slowestOf(latenciesUs);
    const name = percentile === "p99.9" ? `p99.9 of ${what}` : `the slowest of ${count} ${what}`;
    if (count === 0) missed.push(`no ${what} were measured`);
    else if (ms >= sla.p999Ms) {
      missed.push(`${name} is ${ms.toFixed(1)} ms, allowed is ${sla.p999Ms} ms`);
    }
  }
  if (saturatedPerSecond < sla.saturatedPerSecond) {
    missed.push(
      `saturated nodes serve ${saturatedPerSecond.toFixed(0)} requests/s, declared are ${sla.saturatedPerSecond}`,
    );
  }
  return missed;
}
