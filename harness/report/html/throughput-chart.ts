import { formatCount } from "../format.ts";
import {
  chart,
  faultShades,
  hoverStripes,
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
import { linearScale, roundUp } from "./scale.ts";

const HEIGHT = 220;
const OUTCOMES = ["ok", "info", "fail"] as const;

interface WindowCounts {
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
}

/** Completions each second, stacked by what they came to. */
export function throughputChart(view: RunView): Markup {
  const counts = countByWindow(view);
  const perSecond = 1e9 / view.windows.widthNs;
  const most = Math.max(1, ...counts.map(({ ok, fail, info }) => ok + fail + info)) * perSecond;
  const plot = plotArea(HEIGHT);
  const x = timeScale(view, plot);
  const y = linearScale({
    domain: [0, most > 10 ? most * 1.05 : roundUp(most)],
    range: [plot.bottom, plot.top],
    ticksMax: 4,
  });
  const picture = chart(HEIGHT, "Completed operations each second, by outcome", [
    faultShades(view.faults.faults, x, plot),
    leftAxis(y, plot, formatCount),
    timeAxis(x, plot),
    OUTCOMES.map((_, layer) => bars(view, counts, layer, x, y)),
    hoverStripes(view, x, plot, (window) => {
      const { ok, fail, info } = counts[window] ?? { ok: 0, fail: 0, info: 0 };
      return `${windowName(view, window)}: ${formatCount(ok)} ok · ${formatCount(fail)} fail · ${formatCount(info)} info`;
    }),
  ]);
  const marks = legend([
    { text: "ok", mark: "block ok" },
    { text: "info (may have happened)", mark: "block info" },
    { text: "fail (did not happen)", mark: "block fail" },
  ]);
  return markup`${picture}${marks}`;
}

function countByWindow(view: RunView): WindowCounts[] {
  const counts = Array.from({ length: view.windows.count }, () => ({ ok: 0, fail: 0, info: 0 }));
  for (const { completion, outcome } of view.calls) {
    if (completion === undefined) continue;
    const window = counts[view.windows.indexOf(completion.timeNs)];
    if (window !== undefined) window[outcome] += 1;
  }
  return counts;
}

// All bars of one outcome are one path, each standing on the outcomes below it.
function bars(
  view: RunView,
  counts: readonly WindowCounts[],
  layer: number,
  x: Scale,
  y: Scale,
): Markup {
  const { widthNs } = view.windows;
  const own = OUTCOMES[layer];
  if (own === undefined) return markup``;
  const below = OUTCOMES.slice(0, layer);
  let path = "";
  counts.forEach((window, at) => {
    if (window[own] === 0) return;
    const startNs = at * widthNs;
    // The last window may be cut short by the end of the run; a rate per second must not look like a drop.
    const lengthNs = Math.min(widthNs, view.endNs - startNs);
    const scaleToSecond = 1e9 / Math.max(lengthNs, widthNs / 4);
    const base = below.reduce((sum, outcome) => sum + window[outcome], 0) * scaleToSecond;
    const top = base + window[own] * scaleToSecond;
    const left = x(startNs / 1e9);
    const right = Math.max(left + 0.5, x((startNs + lengthNs) / 1e9) - 1);
    path += `M${px(left)} ${px(y(base))}V${px(y(top))}H${px(right)}V${px(y(base))}z`;
  });
  return markup`<path class="fill ${own}" d="${pathData(path)}"/>`;
}
