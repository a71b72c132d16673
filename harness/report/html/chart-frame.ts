import type { FaultRecord } from "../../nemesis/fault.ts";
import { formatDuration, shorten } from "../format.ts";
import type { Markup, MarkupPart } from "./markup.ts";
import { markup, px } from "./markup.ts";
import type { RunView } from "./run-view.ts";
import type { Scale } from "./scale.ts";
import { linearScale } from "./scale.ts";

const CHART_WIDTH = 1000;
const LEFT = 58;
const RIGHT = 12;
const BOTTOM = 34;
const FAULTS_MAX = 60;
const LABEL_PX_PER_CHARACTER = 6.4;

/** The area inside the axes, in pixels of the picture. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function plotArea(height: number, top = 24, right = RIGHT): Plot {
  return { left: LEFT, right: CHART_WIDTH - right, top, bottom: height - BOTTOM };
}

/** A picture that scales with the page; `label` is what a screen reader says. */
export function chart(height: number, label: string, content: MarkupPart): Markup {
  return markup`<div class="chart"><svg viewBox="0 0 ${CHART_WIDTH} ${height}" role="img" aria-label="${label}">${content}</svg></div>`;
}

export function timeScale(view: RunView, plot: Plot): Scale {
  return linearScale({
    domain: [0, view.endNs / 1e9],
    range: [plot.left, plot.right],
    ticksMax: 12,
  });
}

export function timeAxis(scale: Scale, plot: Plot): Markup {
  return bottomAxis(
    scale.ticks.map((tick) => ({ at: scale(tick), text: `${tick}` })),
    plot,
    "seconds since the start",
  );
}

export interface AxisTick {
  readonly at: number;
  readonly text: string;
}

export function bottomAxis(ticks: readonly AxisTick[], plot: Plot, title: string): Markup {
  const y = plot.bottom;
  const marks = ticks.map(
    ({ at, text }) =>
      markup`<path class="axis" d="M${px(at)} ${y}v4"/><text class="tick" x="${px(at)}" y="${y + 16}" text-anchor="middle">${text}</text>`,
  );
  return markup`<path class="axis" d="M${plot.left} ${y}H${plot.right}"/>${marks}<text class="title" x="${plot.right}" y="${y + 30}" text-anchor="end">${title}</text>`;
}

/** Upright axis with a line across the plot at each tick. */
export function leftAxis(scale: Scale, plot: Plot, text: (value: number) => string): Markup {
  const lines = scale.ticks.map((tick) => {
    const y = scale(tick);
    return markup`<path class="grid" d="M${plot.left} ${px(y)}H${plot.right}"/><text class="tick" x="${plot.left - 8}" y="${px(y + 4)}" text-anchor="end">${text(tick)}</text>`;
  });
  return markup`${lines}`;
}

/** Latency ticks: `500 µs`, `1 ms`, `2 s`. */
export function latencyTick(ms: number): string {
  if (ms < 1) return `${Number((ms * 1000).toPrecision(3))} µs`;
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}

/** Shades the time from when each fault was applied to when it began to heal, paler where it came and went. */
export function faultShades(faults: readonly FaultRecord[], scale: Scale, plot: Plot): Markup {
  const shades = faults.slice(0, FAULTS_MAX).map((fault, at) => {
    const [applyStart, applied, healStart, healed] = [
      fault.applyStartNs,
      fault.appliedNs,
      fault.healStartNs,
      fault.healedNs,
    ].map((timeNs) => scale(timeNs / 1e9)) as [number, number, number, number];
    const height = plot.bottom - plot.top;
    const tip = `${fault.name}: ${formatDuration((fault.healStartNs - fault.appliedNs) / 1e6)} from second ${(fault.appliedNs / 1e9).toFixed(1)}`;
    return markup`<g data-tip="${tip}"><rect class="shade edge" x="${px(applyStart)}" y="${plot.top}" width="${px(healed - applyStart)}" height="${height}"/><rect class="shade" x="${px(applied)}" y="${plot.top}" width="${px(healStart - applied)}" height="${height}"/>${faultLabel(fault.name, at, applyStart, healed, plot)}</g>`;
  });
  return markup`${shades}`;
}

function faultLabel(name: string, at: number, start: number, end: number, plot: Plot): Markup {
  const room = Math.floor((end - start) / LABEL_PX_PER_CHARACTER);
  const text = room >= 9 ? shorten(name, room) : String(at + 1);
  const middle = (start + end) / 2;
  return markup`<text class="fault" x="${px(middle)}" y="${plot.top - 8}" text-anchor="middle">${text}</text>`;
}

/** Invisible upright stripes over a chart, one a window, that tell their figures when pointed at. */
export function hoverStripes(
  view: RunView,
  scale: Scale,
  plot: Plot,
  tell: (window: number) => string,
): Markup {
  const { count, widthNs } = view.windows;
  const stripes = Array.from({ length: count }, (_, window) => {
    const start = scale((window * widthNs) / 1e9);
    const end = Math.min(plot.right, scale(((window + 1) * widthNs) / 1e9));
    return markup`<rect class="hit" x="${px(start)}" y="${plot.top}" width="${px(end - start)}" height="${plot.bottom - plot.top}" data-tip="${tell(window)}"/>`;
  });
  return markup`${stripes}`;
}

/** What second a window is about, as tips begin. */
export function windowName(view: RunView, window: number): string {
  const startS = (window * view.windows.widthNs) / 1e9;
  return `${Number(startS.toFixed(2))}–${Number((startS + view.windows.widthNs / 1e9).toFixed(2))} s`;
}

export interface LegendEntry {
  readonly text: string;
  /** Class that colours the mark. */
  readonly mark: string;
}

export function legend(entries: readonly LegendEntry[]): Markup {
  const items = entries.map(
    ({ text, mark }) => markup`<li><i class="mark ${mark}"></i>${text}</li>`,
  );
  return markup`<ul class="legend">${items}</ul>`;
}

const COLOURS = 6;

/** Class of the colour of an operation: by its place in the view's functions. */
export function colourOf(view: RunView, f: string): string {
  const at = view.functions.indexOf(f);
  return at >= 0 && at < COLOURS ? `c${at}` : "c-rest";
}
