import type { Pair } from "../history/pairs.ts";
import type { CheckerResult } from "../run/summary.ts";
import { FEW_SAMPLES_BELOW } from "./timings.ts";

/** What `--slo` asks for: a percentile of the latency below a limit, of all operations and of the successful ones. */
export interface Slo {
  readonly percentile: "p50" | "p90" | "p99" | "p99.9" | "max";
  readonly limitMs: number;
}

/** An SLO that cannot be understood. The message is one line and names the allowed forms. */
export class SloError extends Error {
  override readonly name = "SloError";
}

/** Of 1,000 operations so many may not be slower. */
const PER_MILLE = { p50: 500, p90: 900, p99: 990, "p99.9": 999, max: 1_000 } as const;
/** The limit, and its decimals without noughts at the end. */
const FORM = /^(p50|p90|p99|p99\.9|max)\s*<\s*(\d+(?:\.(\d+?)0*)?)\s*(us|ms|s)$/;
/** With as many decimals as nanoseconds have: limits between two of these would not be the ones that are compared. */
const UNITS = {
  us: { inMs: 0.001, decimalsMax: 3 },
  ms: { inMs: 1, decimalsMax: 6 },
  s: { inMs: 1_000, decimalsMax: 9 },
} as const;
const NO_UNIT = { inMs: Number.NaN, decimalsMax: 0 };

/** Parses `p99.9<300ms`; several are joined by commas. Throws SloError. */
export function parseSlo(text: string): readonly Slo[] {
  return text.split(",").map((part) => {
    const [, percentile, limit, decimals = "", unit] = FORM.exec(part.trim()) ?? [];
    const { inMs, decimalsMax } = UNITS[unit as keyof typeof UNITS] ?? NO_UNIT;
    // 1.001 s come out as 1000.9999999999999 ms, which nobody asked for.
    const limitMs = Number((Number(limit) * inMs).toPrecision(15));
    const isWhole = decimals.length <= decimalsMax;
    if (percentile === undefined || !isWhole || !(limitMs > 0 && Number.isFinite(limitMs))) {
      throw new SloError(
        `Cannot use SLO ${JSON.stringify(part.trim())}: it must read like p99.9<300ms, with one of p50, p90, p99, p99.9, max and a limit of whole nanoseconds, 1 or more, in us, ms or s`,
      );
    }
    return { percentile: percentile as Slo["percentile"], limitMs };
  });
}

/** The latencies that an SLO is held against: of each operation in nanoseconds, from its intended start, ascending. */
export interface SloLatencies {
  /** Of every operation that ended, however it ended. */
  readonly all: Float64Array;
  /** Of those that succeeded. */
  readonly successful: Float64Array;
}

export function sloLatencies(pairs: readonly Pair[]): SloLatencies {
  const all: number[] = [];
  const successful: number[] = [];
  for (const { invocation, completion } of pairs) {
    if (completion === undefined) continue;
    const latencyNs = completion.timeNs - invocation.intendedNs;
    all.push(latencyNs);
    if (completion.type === "ok") successful.push(latencyNs);
  }
  return { all: Float64Array.from(all).sort(), successful: Float64Array.from(successful).sort() };
}

/** Fewer samples than 1 / (1 - p) have no such percentile: it would be their maximum. */
const SAMPLES_MIN = { p50: 2, p90: 10, p99: 100, "p99.9": 1_000, max: 1 } as const;

/**
 * Holds latencies against the SLOs. Each must be met by all operations, or what timed out would be left out, and by the successful
 * ones, or quick refusals would make up for slow answers. Too few of these leave it unknown, unless all operations miss it.
 *
 * Exact, to the nanosecond: a percentile is the latency of one operation (nearest rank), and it misses the limit where it is not below it. The
 * percentiles that are shown elsewhere come of histograms, whose buckets end up to 0.1 % above what was measured: 299.9 ms are shown as 300.031 ms.
 */
export function checkSlo(slos: readonly Slo[], { all, successful }: SloLatencies): CheckerResult {
  const missed = slos.flatMap((slo) => [
    ...missedBy(slo, all, "operations"),
    ...missedBy(slo, successful, "successful operations"),
  ]);
  const undecided = slos.flatMap((slo) => {
    const samplesMin = SAMPLES_MIN[slo.percentile];
    if (successful.length >= samplesMin) return [];
    return [
      `SLO ${nameOf(slo)} takes ${samplesMin} successful operations to be judged: of ${all.length} that ended ${successful.length} succeeded.`,
    ];
  });
  const sound = undecided.length === 0 ? "valid" : "unknown";
  return { verdict: missed.length === 0 ? sound : "invalid", reasons: [...missed, ...undecided] };
}

function missedBy(slo: Slo, sortedNs: Float64Array, what: string): readonly string[] {
  const { percentile, limitMs } = slo;
  const { length } = sortedNs;
  if (length < SAMPLES_MIN[percentile]) return [];
  const rank = Math.ceil((length * PER_MILLE[percentile]) / 1_000);
  const latencyNs = sortedNs[rank - 1] ?? Number.POSITIVE_INFINITY;
  const limitNs = Math.round(limitMs * 1e6);
  if (latencyNs < limitNs) return [];
  const few = length < FEW_SAMPLES_BELOW ? " (few samples)" : "";
  return [
    `SLO ${nameOf(slo)} was missed: ${missedMs(latencyNs, limitNs)} ms over ${length} ${what}${few}.`,
  ];
}

/** To the microsecond, or to the nanosecond where that would read as if the limit had been met. */
function missedMs(latencyNs: number, limitNs: number): string {
  const text = (latencyNs / 1e6).toFixed(3);
  return Number(text) < limitNs / 1e6 ? (latencyNs / 1e6).toFixed(6) : text;
}

function nameOf({ percentile, limitMs }: Slo): string {
  return `${percentile}<${limitMs}ms`;
}
