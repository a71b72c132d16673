import type { CheckerResult, LatencySummary } from "../run/summary.ts";

/** What `--slo` asks for: a percentile of the latency of all operations, below a limit. */
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

/** Holds latencies of all operations against the SLOs; nothing measured is unknown. */
export function checkSlo(slos: readonly Slo[], latency: LatencySummary | undefined): CheckerResult {
  if (slos.length === 0) {
    return { verdict: "valid", reasons: [] };
  }
  if (latency === undefined || latency.count === 0) {
    return { verdict: "unknown", reasons: ["No latency was measured to hold against the SLO."] };
  }
  const reasons = slos
    .filter(({ percentile, limitMs }) => !(latency[FIELDS[percentile]] < limitMs))
    .map(
      ({ percentile, limitMs }) =>
        `SLO ${percentile}<${limitMs}ms was missed: ${latency[FIELDS[percentile]].toFixed(3)} ms over ${latency.count} operations${latency.fewSamples ? " (few samples)" : ""}.`,
    );
  return { verdict: reasons.length === 0 ? "valid" : "invalid", reasons };
}
