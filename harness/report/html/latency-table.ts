import type { LatencySummary } from "../../run/summary.ts";
import { formatCount, formatMs } from "../format.ts";
import { quantile, sortedSamples } from "../quantile.ts";
import { colourOf } from "./chart-frame.ts";
import type { Markup } from "./markup.ts";
import { markup } from "./markup.ts";
import { phaseAt } from "./phases.ts";
import type { LatencyDistribution, RunView } from "./run-view.ts";

/** Latencies of acknowledged operations, from the intended start. */
export interface LatencyTable {
  readonly byFunction: ReadonlyMap<string, LatencyDistribution>;
  /** By phase in which an operation was due, however late it ended, then by operation; phases in order of time, each name once. */
  readonly byPhase: ReadonlyMap<string, ReadonlyMap<string, LatencySummary>>;
}

const FEW_SAMPLES_BELOW = 10_000;
const PHASES_MAX = 20;
const FUNCTIONS_MAX = 20;

export function measureLatencies(view: RunView): LatencyTable {
  const samples = new Map<string, number[]>();
  const phases = new Map<string, Map<string, number[]>>();
  for (const { name } of view.phases) if (phases.size < PHASES_MAX) phases.set(name, new Map());
  for (const { invocation, outcome, latencyMs } of view.calls) {
    if (outcome !== "ok") continue;
    push(samples, invocation.f, latencyMs);
    const phase = phases.get(phaseAt(view.phases, invocation.intendedNs) ?? "");
    if (phase !== undefined) push(phase, invocation.f, latencyMs);
  }
  const byFunction = new Map<string, LatencyDistribution>();
  for (const f of view.functions) {
    const histogram = view.histograms?.get(f);
    byFunction.set(f, histogram ?? distributionOf(samples.get(f) ?? []));
  }
  const byPhase = new Map(
    [...phases].map(([name, byName]) => [
      name,
      new Map([...byName].map(([f, values]) => [f, summarise(values)])),
    ]),
  );
  return { byFunction, byPhase };
}

/** Whole run first, as `summary.json` has it, then phase by phase. */
export function latencyTable(view: RunView, latencies: LatencyTable): Markup {
  const place = (f: string): number =>
    view.functions.includes(f) ? view.functions.indexOf(f) : Infinity;
  const whole = Object.entries(view.summary.latencyMs)
    .sort(([a], [b]) => place(a) - place(b))
    .slice(0, FUNCTIONS_MAX);
  const phases = [...latencies.byPhase].filter(([, byName]) => byName.size > 0);
  return markup`<div class="scroll"><table class="numbers">
<thead><tr><th>operation</th><th>count</th><th>mean</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th></tr></thead>
<tbody><tr class="group"><th colspan="8">whole run</th></tr>${whole.map(([f, latency]) => row(view, f, latency))}</tbody>
${phases.map(
  ([phase, byName]) =>
    markup`<tbody><tr class="group"><th colspan="8">${phase}</th></tr>${view.functions
      .slice(0, FUNCTIONS_MAX)
      .map((f) => {
        const latency = byName.get(f);
        return latency === undefined ? undefined : row(view, f, latency);
      })}</tbody>`,
)}
</table></div>`;
}

function row(view: RunView, f: string, latency: LatencySummary): Markup {
  const few = latency.fewSamples
    ? markup` <abbr class="few" title="${formatCount(latency.count)} samples: a p99.9 needs ${formatCount(FEW_SAMPLES_BELOW)} to say much">few samples</abbr>`
    : undefined;
  const cells = [latency.mean, latency.p50, latency.p90, latency.p99].map(
    (value) => markup`<td>${formatMs(value)}</td>`,
  );
  return markup`<tr><th><i class="mark dot ${colourOf(view, f)}"></i>${f}</th><td>${formatCount(latency.count)}</td>${cells}<td>${few} ${formatMs(latency.p999)}</td><td>${formatMs(latency.max)}</td></tr>`;
}

function distributionOf(samples: readonly number[]): LatencyDistribution {
  const sorted = sortedSamples(samples);
  return {
    count: sorted.length,
    valueMsAt: (percentile) => quantile(sorted, percentile / 100),
  };
}

function summarise(samples: readonly number[]): LatencySummary {
  const sorted = sortedSamples(samples);
  return {
    count: sorted.length,
    mean: samples.reduce((sum, value) => sum + value, 0) / samples.length,
    p50: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    p99: quantile(sorted, 0.99),
    p999: quantile(sorted, 0.999),
    max: quantile(sorted, 1),
    fewSamples: sorted.length < FEW_SAMPLES_BELOW,
  };
}

function push(samples: Map<string, number[]>, name: string, value: number): void {
  const values = samples.get(name);
  if (values === undefined) samples.set(name, [value]);
  else values.push(value);
}
