import { formatCount, formatDuration } from "../format.ts";
import {
  bottomAxis,
  chart,
  colourOf,
  latencyTick,
  leftAxis,
  legend,
  plotArea,
} from "./chart-frame.ts";
import type { LatencyTable } from "./latency-table.ts";
import type { Markup } from "./markup.ts";
import { markup, pathData, px } from "./markup.ts";
import type { LatencyDistribution, RunView } from "./run-view.ts";
import type { Scale } from "./scale.ts";
import { logScale, roundDown, roundUp } from "./scale.ts";

const HEIGHT = 300;
const STEPS_PER_DECADE = 20;
const CURVES_MAX = 6;

/** Latency against percentile, the percentiles spread so that each further nine takes the same room. */
export function percentileCurve(view: RunView, latencies: LatencyTable): Markup {
  const curves = [...latencies.byFunction].slice(0, CURVES_MAX).filter(([, d]) => d.count > 0);
  if (curves.length === 0) return markup`<p class="note">No operation was acknowledged.</p>`;
  const samplesMax = Math.max(...curves.map(([, { count }]) => count));
  const decades = Math.min(6, Math.max(2, Math.ceil(Math.log10(samplesMax))));
  const plot = plotArea(HEIGHT, 16, 28);
  // 1 / (1 - share): 1 is the fastest, 10 is p90, 100 is p99.
  const x = logScale({ domain: [1, 10 ** decades], range: [plot.left, plot.right] });
  const y = logScale({
    domain: [
      Math.max(0.01, roundDown(Math.min(...curves.map(([, d]) => d.valueMsAt(0))))),
      roundUp(Math.max(...curves.map(([, d]) => d.valueMsAt(100)))),
    ],
    range: [plot.bottom, plot.top],
  });
  const picture = chart(HEIGHT, "Latency by percentile and operation", [
    leftAxis(y, plot, latencyTick),
    bottomAxis(nines(decades, x), plot, "percentile"),
    curves.map(([f, distribution]) => curve(colourOf(view, f), distribution, decades, x, y)),
    curves.map(([f, distribution]) => endPoint(colourOf(view, f), distribution, x, y)),
  ]);
  const marks = curves.map(([f, { count, valueMsAt }]) => ({
    text: `${f}, slowest of ${formatCount(count)}: ${formatDuration(valueMsAt(100))}`,
    mark: `stroke ${colourOf(view, f)}`,
  }));
  return markup`${picture}${legend(marks)}`;
}

function nines(decades: number, x: Scale): { at: number; text: string }[] {
  const ticks = [
    { at: x(1), text: "0" },
    { at: x(2), text: "50" },
  ];
  for (let nine = 1; nine <= decades; nine += 1) {
    const share = 1 - 10 ** -nine;
    ticks.push({ at: x(10 ** nine), text: `${Number((share * 100).toFixed(nine))}` });
  }
  return ticks;
}

// A curve ends where its samples do: past 1 - 1/count every percentile is the same one call.
function curve(
  colour: string,
  { count, valueMsAt }: LatencyDistribution,
  decades: number,
  x: Scale,
  y: Scale,
): Markup {
  const end = Math.min(decades, Math.log10(Math.max(count, 1)));
  const steps = Math.max(1, Math.ceil(end * STEPS_PER_DECADE));
  let path = "";
  for (let step = 0; step <= steps; step += 1) {
    const spread = 10 ** ((step / steps) * end);
    const value = valueMsAt(100 * (1 - 1 / spread));
    path += `${step === 0 ? "M" : "L"}${px(x(spread))} ${px(y(value))}`;
  }
  return markup`<path class="line ${colour}" d="${pathData(path)}"/>`;
}

function endPoint(
  colour: string,
  { count, valueMsAt }: LatencyDistribution,
  x: Scale,
  y: Scale,
): Markup {
  const spread = Math.min(count, x.domain[1]);
  return markup`<circle class="end ${colour}" cx="${px(x(spread))}" cy="${px(y(valueMsAt(100)))}" r="3.5"/>`;
}
