import { formatCount, formatDuration } from "../format.ts";
import { quantile, sortedSamples } from "../quantile.ts";
import type { Call } from "./calls.ts";
import type { Plot } from "./chart-frame.ts";
import {
  chart,
  colourOf,
  faultShades,
  hoverStripes,
  latencyTick,
  leftAxis,
  legend,
  plotArea,
  timeAxis,
  timeScale,
  windowName,
} from "./chart-frame.ts";
import type { Markup } from "./markup.ts";
import { markup, pathData, px } from "./markup.ts";
import type { RunView } from "./run-view.ts";
import type { Scale } from "./scale.ts";
import { logScale, roundDown, roundUp } from "./scale.ts";

const HEIGHT = 360;
const POINTS_MAX = 4_000;
const CROSSES_MAX = 1_500;
/** The slowest calls of a window are always drawn, whatever else is left out. */
const SLOWEST_PER_WINDOW = 3;

/** One point a call at its intended start, with median and p99 of each window; faults shaded behind. */
export function latencyChart(view: RunView): Markup {
  const windows = callsByWindow(view);
  const { fastestMs, slowestMs } = latencyExtent(view.calls);
  const plot = plotArea(HEIGHT);
  const x = timeScale(view, plot);
  const y = logScale({
    domain: [Math.max(0.01, roundDown(fastestMs)), roundUp(slowestMs)],
    range: [plot.bottom, plot.top],
  });
  const bands = windows.map((calls) =>
    sortedSamples(calls.filter((call) => call.outcome === "ok").map((call) => call.latencyMs)),
  );
  const drawn = choosePoints(view, windows);
  const picture = chart(HEIGHT, "Latency of each operation over time", [
    faultShades(view.faults.faults, x, plot),
    leftAxis(y, plot, latencyTick),
    timeAxis(x, plot),
    view.functions.map((f) => points(drawn.ok.get(f) ?? [], colourOf(view, f), x, y)),
    crosses(drawn.fail, "fail", x, y),
    crosses(drawn.info, "info", x, y),
    windowLine(view, bands, 0.5, "median", x, y),
    windowLine(view, bands, 0.99, "p99", x, y),
    stripes(view, bands, x, plot),
  ]);
  return markup`${picture}${latencyLegend(view)}${drawnNote(drawn.count, view.calls.length)}`;
}

function callsByWindow(view: RunView): Call[][] {
  const windows: Call[][] = Array.from({ length: view.windows.count }, () => []);
  for (const call of view.calls) {
    if (call.completion === undefined) continue;
    windows[view.windows.indexOf(call.invocation.intendedNs)]?.push(call);
  }
  return windows;
}

interface DrawnPoints {
  readonly ok: ReadonlyMap<string, readonly Call[]>;
  readonly fail: readonly Call[];
  readonly info: readonly Call[];
  readonly count: number;
}

// Every window gets the same room; within it the slowest are kept, of the rest an even choice.
function choosePoints(view: RunView, windows: readonly Call[][]): DrawnPoints {
  const ok = new Map<string, Call[]>(view.functions.map((f) => [f, []]));
  const failed: Call[] = [];
  const open: Call[] = [];
  const room = Math.floor(POINTS_MAX / windows.length);
  for (const calls of windows) {
    const acknowledged = calls.filter((call) => call.outcome === "ok");
    for (const call of thinned(acknowledged, room)) ok.get(call.invocation.f)?.push(call);
    for (const call of calls) {
      if (call.outcome === "fail") failed.push(call);
      if (call.outcome === "info") open.push(call);
    }
  }
  const fail = everySoMany(failed, CROSSES_MAX);
  const info = everySoMany(open, CROSSES_MAX);
  const points = [...ok.values()].reduce((sum, calls) => sum + calls.length, 0);
  return { ok, fail, info, count: points + fail.length + info.length };
}

function thinned(calls: readonly Call[], room: number): readonly Call[] {
  if (calls.length <= room) return calls;
  const bySlowness = [...calls].sort((a, b) => b.latencyMs - a.latencyMs);
  const slowest = bySlowness.slice(0, SLOWEST_PER_WINDOW);
  return [...slowest, ...everySoMany(bySlowness.slice(SLOWEST_PER_WINDOW), room - slowest.length)];
}

function everySoMany(calls: readonly Call[], room: number): readonly Call[] {
  if (calls.length <= room) return calls;
  const step = calls.length / Math.max(1, room);
  const kept: Call[] = [];
  for (let at = 0; at < room; at += 1) {
    const call = calls[Math.floor(at * step)];
    if (call !== undefined) kept.push(call);
  }
  return kept;
}

// A path of lines without length and with round caps: a dot costs a dozen bytes.
function points(calls: readonly Call[], colour: string, x: Scale, y: Scale): Markup {
  const dots = calls.map((call) => `M${at(call, x, y)}h0`).join("");
  return dots === "" ? markup`` : markup`<path class="dots ${colour}" d="${pathData(dots)}"/>`;
}

function crosses(calls: readonly Call[], kind: "fail" | "info", x: Scale, y: Scale): Markup {
  const marks = calls.map((call) => `M${at(call, x, y)}m-3-3l6 6m0-6l-6 6`).join("");
  return marks === "" ? markup`` : markup`<path class="cross ${kind}" d="${pathData(marks)}"/>`;
}

function at({ invocation, latencyMs }: Call, x: Scale, y: Scale): string {
  return `${px(x(invocation.intendedNs / 1e9))} ${px(y(latencyMs))}`;
}

function windowLine(
  view: RunView,
  bands: readonly Float64Array[],
  share: number,
  name: string,
  x: Scale,
  y: Scale,
): Markup {
  let path = "";
  let drawing = false;
  bands.forEach((samples, window) => {
    const value = quantile(samples, share);
    if (Number.isNaN(value)) {
      drawing = false;
      return;
    }
    const middleS = ((window + 0.5) * view.windows.widthNs) / 1e9;
    const left = Math.min(x(middleS), x(view.endNs / 1e9));
    path += `${drawing ? "L" : "M"}${px(left)} ${px(y(value))}`;
    drawing = true;
  });
  return markup`<path class="line halo" d="${pathData(path)}"/><path class="line ${name}" d="${pathData(path)}"/>`;
}

function stripes(view: RunView, bands: readonly Float64Array[], x: Scale, plot: Plot): Markup {
  return hoverStripes(view, x, plot, (window) => {
    const samples = bands[window] ?? new Float64Array();
    const name = windowName(view, window);
    if (samples.length === 0) return `${name}: nothing acknowledged`;
    const [p50, p99, most] = [0.5, 0.99, 1].map((share) =>
      formatDuration(quantile(samples, share)),
    );
    return `${name}: ${formatCount(samples.length)} ok · median ${p50} · p99 ${p99} · max ${most}`;
  });
}

function latencyLegend(view: RunView): Markup {
  return legend([
    ...view.functions.slice(0, 8).map((f) => ({ text: f, mark: `dot ${colourOf(view, f)}` })),
    { text: "fail", mark: "cross-mark fail" },
    { text: "info (not acknowledged)", mark: "cross-mark info" },
    { text: "median", mark: "stroke median" },
    { text: "p99", mark: "stroke p99" },
  ]);
}

function drawnNote(drawn: number, all: number): Markup {
  if (drawn >= all) return markup``;
  return markup`<p class="note">${formatCount(drawn)} of ${formatCount(all)} operations drawn, the slowest of each moment among them; the lines count all.</p>`;
}

// Calls without a completion have no latency and are passed over; a spread of a million would burst the stack.
function latencyExtent(calls: readonly Call[]): { fastestMs: number; slowestMs: number } {
  let fastestMs = Infinity;
  let slowestMs = 0;
  for (const { latencyMs } of calls) {
    if (Number.isNaN(latencyMs)) continue;
    fastestMs = Math.min(fastestMs, latencyMs);
    slowestMs = Math.max(slowestMs, latencyMs);
  }
  return slowestMs === 0 ? { fastestMs: 1, slowestMs: 10 } : { fastestMs, slowestMs };
}
