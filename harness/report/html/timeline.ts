import { formatDuration, formatMoment, shorten } from "../format.ts";
import type { Call } from "./calls.ts";
import type { Plot } from "./chart-frame.ts";
import { bottomAxis, chart, faultShades, legend, plotArea } from "./chart-frame.ts";
import type { Markup } from "./markup.ts";
import { markup, px } from "./markup.ts";
import type { RunView } from "./run-view.ts";
import type { Scale } from "./scale.ts";
import { linearScale } from "./scale.ts";
import type { Witness } from "./witness.ts";
import { itemsRead } from "./witness.ts";

const CALLS_BEFORE = 8;
const CALLS_AFTER = 24;
const LANE_HEIGHT = 20;
const BAR_HEIGHT = 12;
const VALUE_SHOWN = 24;
const LANE_LABEL_WIDTH = 150;

/**
 * The calls on one key around the lost write, a lane for each process and a number for each call; the list
 * below tells what each number did. Bars are never thinner than can be seen: most calls last a moment.
 */
export function timelineChart(view: RunView, witness: Witness): Markup {
  const calls = callsAround(witness);
  if (calls.length === 0) return markup`<p class="note">The history holds no call on this key.</p>`;
  const processes = laneOrder(calls);
  const height = 24 + processes.size * LANE_HEIGHT + 40;
  const plot = { ...plotArea(height), left: LANE_LABEL_WIDTH };
  const x = timelineScale(calls, plot);
  const [firstNs, lastNs] = x.domain.map((seconds) => seconds * 1e9) as [number, number];
  const faults = view.faults.faults
    .filter(({ applyStartNs, healedNs }) => healedNs > firstNs && applyStartNs < lastNs)
    .map((fault) => clampFault(fault, firstNs, lastNs));
  const picture = chart(height, `Operations on ${shorten(witness.key, 60)} around the lost write`, [
    faultShades(faults, x, plot),
    lanes(processes, plot),
    bottomAxis(
      x.ticks.map((tick) => ({ at: x(tick), text: `${tick}` })),
      plot,
      "seconds since the start",
    ),
    calls.map((call, at) => bar(call, at, witness, processes, x, plot)),
  ]);
  const marks = legend([
    { text: "the lost write", mark: "block lost" },
    { text: "read that shows it", mark: "block seen" },
    { text: "later read without it", mark: "block missing" },
    { text: "other", mark: "block other" },
    { text: "fail", mark: "block fail" },
    { text: "info (not acknowledged)", mark: "block info" },
  ]);
  return markup`${picture}${marks}${callList(calls, witness)}`;
}

function callsAround({ callsOnKey, call }: Witness): readonly Call[] {
  const at = call === undefined ? 0 : callsOnKey.indexOf(call);
  return callsOnKey.slice(Math.max(0, at - CALLS_BEFORE), at + CALLS_AFTER + 1);
}

// Processes by their home node, so that the two sides of a partition stand apart.
function laneOrder(calls: readonly Call[]): Map<number, string> {
  const homes = new Map(calls.map(({ invocation }) => [invocation.process, invocation.node]));
  return new Map([...homes].sort(([a, x], [b, y]) => (x === y ? a - b : x < y ? -1 : 1)));
}

function timelineScale(calls: readonly Call[], plot: Plot): Scale {
  const starts = calls.map(({ invocation }) => invocation.timeNs / 1e9);
  const ends = calls.map((call) => endOf(call) / 1e9);
  const first = Math.min(...starts);
  const margin = Math.max(0.001, (Math.max(...ends) - first) * 0.02);
  return linearScale({
    domain: [first - margin, Math.max(...ends) + margin],
    range: [plot.left, plot.right],
    ticksMax: 10,
  });
}

function endOf({ invocation, completion }: Call): number {
  return completion?.timeNs ?? invocation.timeNs;
}

function clampFault<F extends RunView["faults"]["faults"][number]>(
  fault: F,
  firstNs: number,
  lastNs: number,
): F {
  const clamp = (timeNs: number): number => Math.min(lastNs, Math.max(firstNs, timeNs));
  return {
    ...fault,
    applyStartNs: clamp(fault.applyStartNs),
    appliedNs: clamp(fault.appliedNs),
    healStartNs: clamp(fault.healStartNs),
    healedNs: clamp(fault.healedNs),
  };
}

function lanes(processes: ReadonlyMap<number, string>, plot: Plot): Markup {
  const lines = [...processes].map(([process, node], lane) => {
    const y = laneMiddle(lane, plot);
    return markup`<path class="grid" d="M${plot.left} ${y}H${plot.right}"/><text class="tick" x="${plot.left - 8}" y="${y + 4}" text-anchor="end">${shorten(node, 10)} · process ${process}</text>`;
  });
  return markup`${lines}`;
}

function laneMiddle(lane: number, plot: Plot): number {
  return plot.top + lane * LANE_HEIGHT + LANE_HEIGHT / 2;
}

function bar(
  call: Call,
  at: number,
  witness: Witness,
  processes: ReadonlyMap<number, string>,
  x: Scale,
  plot: Plot,
): Markup {
  const lane = [...processes.keys()].indexOf(call.invocation.process);
  const y = laneMiddle(lane, plot) - BAR_HEIGHT / 2;
  const start = x(call.invocation.timeNs / 1e9);
  const width = Math.max(5, x(endOf(call) / 1e9) - start);
  const kind = kindOf(call, witness);
  const number =
    width > 16 || kind === "lost"
      ? markup`<text class="number" x="${px(start + width / 2)}" y="${px(y - 2)}" text-anchor="middle">${at + 1}</text>`
      : undefined;
  return markup`<g data-tip="${at + 1}. ${describe(call, witness)}"><rect class="call ${kind}" x="${px(start)}" y="${px(y)}" width="${px(width)}" height="${BAR_HEIGHT}" rx="2"/>${number}</g>`;
}

// A read that began before the write was acknowledged owes nobody the item.
function kindOf(call: Call, { call: lost, value }: Witness): string {
  if (call === lost) return "lost";
  if (call.outcome !== "ok") return call.outcome;
  const items = itemsRead(call);
  const acknowledgedNs = lost?.completion?.timeNs ?? 0;
  if (items === undefined || call.invocation.timeNs < acknowledgedNs) return "other";
  return items.includes(value) ? "seen" : "missing";
}

function describe(call: Call, witness: Witness): string {
  const { invocation, completion, outcome } = call;
  const items = itemsRead(call);
  const what =
    items !== undefined
      ? `${invocation.f}: ${items.length} items, ${items.includes(witness.value) ? "shows it" : "not in it"}`
      : `${invocation.f} ${shorten(textOf(invocation.value), VALUE_SHOWN)}`;
  const came = completion?.error === undefined ? outcome : `${outcome} (${completion.error})`;
  return `${what} · process ${invocation.process} through ${completion?.node ?? invocation.node} · ${came} · ${formatDuration(call.latencyMs)}`;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function callList(calls: readonly Call[], witness: Witness): Markup {
  const items = calls.map((call) => {
    const kind = kindOf(call, witness);
    return markup`<li class="${kind}"><time>${formatMoment(call.invocation.timeNs)}</time> ${describe(call, witness)}${kind === "lost" ? markup` <span class="pill bad">lost</span>` : undefined}</li>`;
  });
  return markup`<ol class="calls">${items}</ol>`;
}
