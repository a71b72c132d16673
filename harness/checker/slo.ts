import type { CheckerResult, LatencySummary } from "../run/summary.ts";

/** What `--slo` asks for: a percentile of the latency below a limit, of all operations and of the successful ones. */
export interface Slo {
  readonly percentile: "p50" | "p90" | "p99" | "p99.9" | "max";
  readonly limitMs: number;
}

/** An SLO that cannot be understood. The message is one line and names the allowed forms. */
export class SloError extends Error {
  override readonly name = "SloError";
}

const FIELDS = { p50: "p50", p90: "p90", p99: "p99", "p99.9": "p999", max: "max" } as const;
const FORM = /^(p50|p90|p99|p99\.9|max)\s*<\s*(\d+(?:\.\d+)?)\s*(us|ms|s)$/;
const UNIT_MS = { us: 0.001, ms: 1, s: 1_000 } as const;

/** Parses `p99.9<300ms`; several are joined by commas. Throws SloError. */
export function parseSlo(text: string): readonly Slo[] {
  return text.split(",").map((part) => {
    const [, percentile, limit, unit] = FORM.exec(part.trim()) ?? [];
    const limitMs = Number(limit) * (UNIT_MS[unit as keyof typeof UNIT_MS] ?? Number.NaN);
    if (percentile === undefined || !(limitMs > 0 && Number.isFinite(limitMs))) {
      throw new SloError(
        `Cannot use SLO ${JSON.stringify(part.trim())}: it must read like p99.9<300ms, with one of p50, p90, p99, p99.9, max and a limit above 0 in us, ms or s`,
      );
    }
    return { percentile: percentile as Slo["percentile"], limitMs };
  });
}

/** The latencies that an SLO is held against. */
export interface SloLatencies {
  /** Of every operation that ended, however it ended. */
  readonly all: LatencySummary;
  /** Of those that succeeded. */
  readonly successful: LatencySummary;
}

/** Fewer samples than 1 / (1 - p) have no such percentile: it would be their maximum. */
const SAMPLES_MIN = { p50: 2, p90: 10, p99: 100, "p99.9": 1_000, max: 1 } as const;

/**
 * Holds latencies against the SLOs. Each must be met by all operations, or what timed out would be left out, and by the successful
 * ones, or quick refusals would make up for slow answers. Too few of these leave it unknown, unless all operations miss it.
 */
export function checkSlo(slos: readonly Slo[], { all, successful }: SloLatencies): CheckerResult {
  const missed = slos.flatMap((slo) => [
    ...missedBy(slo, all, "operations"),
    ...missedBy(slo, successful, "successful operations"),
  ]);
  const undecided = slos.flatMap((slo) => {
    const samplesMin = SAMPLES_MIN[slo.percentile];
    if (successful.count >= samplesMin) return [];
    return [
      `SLO ${nameOf(slo)} takes ${samplesMin} successful operations to be judged: of ${all.count} that ended ${successful.count} succeeded.`,
    ];
  });
  const sound = undecided.length === 0 ? "valid" : "unknown";
  return { verdict: missed.length === 0 ? sound : "invalid", reasons: [...missed, ...undecided] };
}

function missedBy(slo: Slo, latency: LatencySummary, what: string): readonly string[] {
  const { percentile, limitMs } = slo;
  const latencyMs = latency[FIELDS[percentile]];
  if (latency.count < SAMPLES_MIN[percentile] || latencyMs < limitMs) return [];
  return [
    `SLO ${nameOf(slo)} was missed: ${latencyMs.toFixed(3)} ms over ${latency.count} ${what}${latency.fewSamples ? " (few samples)" : ""}.`,
  ];
}

function nameOf({ percentile, limitMs }: Slo): string {
  return `${percentile}<${limitMs}ms`;
}
