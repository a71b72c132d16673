import { formatCount, formatDuration } from "../format.ts";
import { legend } from "../html/chart-frame.ts";
import { longText, Markup, markup, px } from "../html/markup.ts";
import { renderPage } from "../html/page.ts";
import type { Canvas } from "./canvas.ts";
import { clockText, LANE_PX, LEFT_PX, laneX } from "./canvas.ts";
import type { Shown } from "./choose-shown.ts";
import { chooseShown } from "./choose-shown.ts";
import { drawMarks, drawViolations } from "./draw-marks.ts";
import { drawMessages } from "./draw-messages.ts";
import { LabelRoom } from "./label-room.ts";
import { LAMPORT_STYLE } from "./lamport-style.ts";
import { timeScale } from "./time-scale.ts";
import type { Trace } from "./trace.ts";

export interface LamportOptions {
  readonly title: string;
  /** The window of virtual time that is drawn, both ends included. */
  readonly startMs: number;
  readonly endMs: number;
  /** Most messages drawn, 2,000 unless given; those nearest to the violations stay. */
  readonly messagesMax?: number;
}

const MESSAGES_MAX = 2_000;
const VIOLATIONS_MAX = 40;
const MARKS_MAX = 1_000;
const TOP_PX = 18;
const BOTTOM_PX = 26;
const NAMES_PX = 34;
/** Room for the labels of the last lane. */
const RIGHT_PX = 40;

/**
 * A Lamport diagram as one HTML file that needs nothing beside itself: a lane for each node and group of clients, time
 * downwards, messages as arrows from where and when they were sent to where and when they arrived. The same trace gives the
 * same file. Throws RangeError on a window without a duration.
 */
export function renderLamport(trace: Trace, options: LamportOptions): string {
  const { title, startMs, endMs, messagesMax = MESSAGES_MAX } = options;
  if (!(startMs < endMs)) {
    throw new RangeError(
      `Cannot draw the window ${startMs} to ${endMs} ms: it has no duration, allowed is an end after the start`,
    );
  }
  const shown = chooseShown(trace, {
    startMs,
    endMs,
    messagesMax,
    violationsMax: VIOLATIONS_MAX,
    marksMax: MARKS_MAX,
  });
  const canvas = canvasOf(shown, startMs, endMs);
  // Whoever comes first has the room for its label.
  const violations = drawViolations(shown.violations, canvas);
  const marks = drawMarks(shown.marks, canvas);
  const messages = drawMessages(shown.messages, canvas);
  const picture = markup`<svg width="${canvas.width}" height="${px(canvas.y.bottom + BOTTOM_PX)}" role="img" aria-label="Messages between nodes over time">${grid(canvas)}${messages}${marks}${violations}</svg>`;
  const body = markup`<style>${new Markup(LAMPORT_STYLE)}</style><main class="lamport"><h1>${title}</h1>${about(shown, options)}${found(shown)}<section>${key()}${names(canvas)}${picture}</section></main>`;
  return renderPage({ title, body });
}

function canvasOf(shown: Shown, startMs: number, endMs: number): Canvas {
  const { lanes, messages, marks } = shown;
  const right = LEFT_PX + Math.max(1, lanes.length) * LANE_PX;
  const momentsMs = [
    ...messages.flatMap(({ sentMs, arrivedMs }) => [sentMs, arrivedMs ?? sentMs]),
    ...marks.map(({ timeMs }) => timeMs),
  ];
  return {
    width: right + RIGHT_PX,
    left: LEFT_PX,
    right: right + RIGHT_PX - 8,
    lanes,
    startMs,
    endMs,
    y: timeScale({ startMs, endMs, top: TOP_PX, momentsMs }),
    room: new LabelRoom(),
  };
}

/** The lanes' names; they stay in sight while the picture is scrolled. */
function names(canvas: Canvas): Markup {
  const texts = canvas.lanes.map(
    (lane) =>
      markup`<text class="${kindOf(lane)}" x="${px(laneX(canvas, lane))}" y="22" text-anchor="middle">${lane}</text>`,
  );
  return markup`<svg class="names" width="${canvas.width}" height="${NAMES_PX}"><text class="clients" x="${LEFT_PX - 12}" y="22" text-anchor="end">ms</text>${texts}</svg>`;
}

function grid(canvas: Canvas): Markup {
  const { y, left, right, lanes, room } = canvas;
  const moments = y.ticks.map((timeMs) => {
    const baseline = y(timeMs) + 4;
    room.take({ left: 0, right: left, baseline });
    return markup`<path class="grid" d="M${left} ${px(y(timeMs))}H${px(right)}"/><text class="moment" x="${left - 12}" y="${px(baseline)}" text-anchor="end">${clockText(timeMs)}</text>`;
  });
  const pauses = y.pauses.map(({ startMs, endMs }) => {
    const baseline = (y(startMs) + y(endMs)) / 2 + 4;
    if (!room.take({ left: 0, right: left, baseline })) return undefined;
    return markup`<text class="pause" x="${left - 12}" y="${px(baseline)}" text-anchor="end">${formatDuration(endMs - startMs)}</text>`;
  });
  const lines = lanes.map(
    (lane) =>
      markup`<path class="lane ${kindOf(lane)}" d="M${px(laneX(canvas, lane))} ${TOP_PX - 10}V${px(y.bottom + 10)}"/>`,
  );
  return markup`${moments}${pauses}${lines}`;
}

function kindOf(lane: string): "clients" | "node" {
  return lane.startsWith("client") ? "clients" : "node";
}

function about(shown: Shown, { startMs, endMs }: LamportOptions): Markup {
  const { messages, messagesLeftOut, marksLeftOut, violations, violationsLeftOut } = shown;
  const anchor = violations.length === 0 ? "the end" : "the violations";
  const leftOut = [
    messagesLeftOut > 0 ? `${formatCount(messagesLeftOut)} messages` : undefined,
    marksLeftOut > 0 ? `${formatCount(marksLeftOut)} marks` : undefined,
  ].filter((text) => text !== undefined);
  const later =
    violationsLeftOut === 0
      ? ""
      : ` ${formatCount(violationsLeftOut)} later violations are not shown.`;
  const omission =
    leftOut.length === 0
      ? ""
      : ` Left out: ${leftOut.join(" and ")}, those furthest from ${anchor}.`;
  return markup`<p class="about">Virtual time ${clockText(startMs)} to ${clockText(endMs)} ms, downwards: ${formatCount(messages.length)} messages.${omission}${later} The order is exact; long pauses are drawn short, with their length in italics. Point at anything to read all of it.</p>`;
}

function found({ violations }: Shown): Markup | undefined {
  if (violations.length === 0) return undefined;
  const items = violations.map(
    ({ lane, timeMs, label }, at) =>
      markup`<li><a href="#violation-${at + 1}">${clockText(timeMs)} ms, ${lane}</a> ${longText(label)}</li>`,
  );
  return markup`<ol class="found">${items}</ol>`;
}

function key(): Markup {
  return legend([
    { text: "get", mark: "stroke m-get" },
    { text: "put", mark: "stroke m-put" },
    { text: "hint", mark: "stroke m-hint" },
    { text: "forward", mark: "stroke m-forward" },
    { text: "error", mark: "stroke m-error" },
    { text: "other", mark: "stroke m-other" },
    { text: "never arrived", mark: "cross-mark lost" },
    { text: "fault (triangle)", mark: "dot mark-fault" },
    { text: "healed (ring)", mark: "dot mark-healed" },
    { text: "start (square)", mark: "block mark-start" },
    { text: "operation (small dot)", mark: "dot mark-operation" },
    { text: "violation", mark: "block lost" },
  ]);
}
