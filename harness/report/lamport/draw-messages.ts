import { formatCount, formatDuration, shorten } from "../format.ts";
import type { Markup } from "../html/markup.ts";
import { markup, px } from "../html/markup.ts";
import type { Canvas } from "./canvas.ts";
import { clockText, laneX, textPx } from "./canvas.ts";
import type { TracedMessage } from "./trace.ts";

interface Line {
  readonly fromX: number;
  readonly fromY: number;
  readonly toX: number;
  readonly toY: number;
  /** What stands at its end; nothing where it leaves the window. */
  readonly end: "arrow" | "cross" | "none";
}

const LABEL_CHARS_MAX = 24;
const LOST_DROP_PX = 16;
const HEAD_PX = 7;
/** Where along a line its label may stand, in the order of preference. */
const LABEL_SHARES = [0.36, 0.5, 0.64] as const;

/** Arrows from sending to arrival; one that never arrived ends in a cross half way. Labels where there is room. */
export function drawMessages(messages: readonly TracedMessage[], canvas: Canvas): Markup {
  const drawn = messages.map((message) => ({ message, line: lineOf(message, canvas) }));
  const arrows = drawn.map(({ message, line }) => arrow(message, line));
  // All labels after all lines, so that none is crossed out.
  const labels = drawn.map(({ message, line }) => label(message, line, canvas));
  return markup`${arrows}${labels}`;
}

function lineOf(message: TracedMessage, canvas: Canvas): Line {
  const { startMs, endMs, y } = canvas;
  const { sentMs, arrivedMs } = message;
  const fromX = laneX(canvas, message.from);
  const targetX = laneX(canvas, message.to);
  const fromY = y(sentMs);
  if (arrivedMs === undefined) {
    return { fromX, fromY, toX: (fromX + targetX) / 2, toY: fromY + LOST_DROP_PX, end: "cross" };
  }
  // A message that reaches out of the window covers only its share of the way between the lanes.
  const durationMs = arrivedMs - sentMs;
  const atMs = (timeMs: number): number =>
    durationMs > 0 ? fromX + ((timeMs - sentMs) / durationMs) * (targetX - fromX) : targetX;
  return {
    fromX: sentMs < startMs ? atMs(startMs) : fromX,
    fromY,
    toX: arrivedMs > endMs ? atMs(endMs) : targetX,
    toY: y(arrivedMs),
    end: arrivedMs > endMs ? "none" : "arrow",
  };
}

function arrow(message: TracedMessage, line: Line): Markup {
  const { fromX, fromY, toX, toY, end } = line;
  const way = `M${px(fromX)} ${px(fromY)}L${px(toX)} ${px(toY)}`;
  const head = end === "arrow" ? headOf(line) : "";
  const cross =
    end === "cross"
      ? markup`<path class="lost-cross" d="M${px(toX - 5)} ${px(toY - 5)}l10 10m0-10l-10 10"/>`
      : undefined;
  return markup`<g class="${classOf(message)}" data-tip="${describe(message)}"><path class="reach" d="${way}"/><path class="way" d="${way}${head}"/>${cross}</g>`;
}

/** Two short strokes back from the line's end. */
function headOf({ fromX, fromY, toX, toY }: Line): string {
  const length = Math.hypot(toX - fromX, toY - fromY);
  if (length < HEAD_PX) return "";
  const [alongX, alongY] = [(toX - fromX) / length, (toY - fromY) / length];
  const stroke = (side: 1 | -1): string => {
    const x = toX - HEAD_PX * alongX - side * 0.5 * HEAD_PX * alongY;
    const y = toY - HEAD_PX * alongY + side * 0.5 * HEAD_PX * alongX;
    return `${px(x)} ${px(y)}`;
  };
  return `M${stroke(1)}L${px(toX)} ${px(toY)}L${stroke(-1)}`;
}

function label(message: TracedMessage, line: Line, { room, left, right }: Canvas): Markup {
  const text = shorten(message.label, LABEL_CHARS_MAX);
  const halfPx = textPx(text) / 2;
  for (const share of LABEL_SHARES) {
    const middle = line.fromX + share * (line.toX - line.fromX);
    const x = Math.min(right - halfPx, Math.max(left + halfPx, middle));
    const baseline = line.fromY + share * (line.toY - line.fromY) - 3;
    if (room.take({ left: x - halfPx, right: x + halfPx, baseline })) {
      return markup`<text class="said ${classOf(message)}" x="${px(x)}" y="${px(baseline)}" text-anchor="middle">${text}</text>`;
    }
  }
  return markup``;
}

function describe({ from, to, sentMs, arrivedMs, label: text, sizeBytes }: TracedMessage): string {
  const fate =
    arrivedMs === undefined
      ? "never arrived"
      : `arrived ${clockText(arrivedMs)} (${formatDuration(arrivedMs - sentMs)})`;
  return `${text} · ${from} → ${to} · sent ${clockText(sentMs)} ms, ${fate} · ${formatCount(sizeBytes)} bytes`;
}

/** Its colour: by what it carries, and whether it asks or answers. */
function classOf({ label: text, arrivedMs }: TracedMessage): string {
  const word = /^[A-Za-z]+/.exec(text)?.[0].toLowerCase() ?? "";
  const colour = text.startsWith("error") ? "m-error" : (COLOURS[word] ?? "m-other");
  const answer = /^[a-z]+-reply/.test(text) ? " answer" : "";
  return `${colour}${answer}${arrivedMs === undefined ? " gone" : ""}`;
}

const COLOURS: Readonly<Record<string, string>> = {
  get: "m-get",
  put: "m-put",
  delete: "m-put",
  forward: "m-forward",
  hint: "m-hint",
};
