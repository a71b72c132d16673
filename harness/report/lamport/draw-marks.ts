import { shorten } from "../format.ts";
import type { Markup } from "../html/markup.ts";
import { markup, px } from "../html/markup.ts";
import type { Canvas } from "./canvas.ts";
import { clockText, laneX, textPx } from "./canvas.ts";
import type { TraceMark } from "./trace.ts";

const LABEL_CHARS_MAX = 34;
const VIOLATION_CHARS_MAX = 110;
/** How much wider the bold text of a violation is than a label. */
const BOLD = 1.25;
const GLYPH_PX = 5;
/** Marks of one lane this near to each other stand side by side. */
const CROWD_PX = 7;
/** Who gets room for a label first. */
const ORDER = ["fault", "healed", "start", "operation"] as const;

/** Lines through the whole picture, one a violation, with its text; drawn always, whatever else needs the room. */
export function drawViolations(violations: readonly TraceMark[], canvas: Canvas): Markup {
  return markup`${violations.map((mark, at) => violation(mark, at, canvas))}`;
}

function violation(mark: TraceMark, at: number, canvas: Canvas): Markup {
  const x = laneX(canvas, mark.lane);
  const y = canvas.y(mark.timeMs);
  const text = `${at + 1}. ${shorten(mark.label, VIOLATION_CHARS_MAX)}`;
  const widthPx = textPx(text) * BOLD + 12;
  const left = Math.max(canvas.left, Math.min(x + 12, canvas.right - widthPx));
  // Texts of violations at one moment stand below each other.
  let baseline = y + 4;
  while (!canvas.room.take({ left, right: left + widthPx, baseline })) baseline += 18;
  return markup`<g class="violation" id="violation-${at + 1}" data-tip="${describe(mark)}"><path class="through" d="M${px(canvas.left)} ${px(y)}H${px(canvas.right)}"/><circle cx="${px(x)}" cy="${px(y)}" r="7"/><rect x="${px(left)}" y="${px(baseline - 13)}" width="${px(widthPx)}" height="18" rx="3"/><text x="${px(left + 6)}" y="${px(baseline)}">${text}</text></g>`;
}

/** Marks of all other kinds on their lanes, with labels where there is room. */
export function drawMarks(marks: readonly TraceMark[], canvas: Canvas): Markup {
  const ends = new Map<string, { x: number; y: number }>();
  const placed = marks
    .filter(({ kind }) => kind !== "violation")
    .map((mark) => {
      const y = canvas.y(mark.timeMs);
      const last = ends.get(mark.lane);
      const isCrowded = last !== undefined && Math.abs(y - last.y) < CROWD_PX;
      const x = isCrowded ? last.x + 2 * GLYPH_PX + 2 : laneX(canvas, mark.lane);
      ends.set(mark.lane, { x, y });
      return { mark, x, y };
    });
  const glyphs = placed.map(
    ({ mark, x, y }) =>
      markup`<g class="mark-${mark.kind}" data-tip="${describe(mark)}"><circle class="reach" cx="${px(x)}" cy="${px(y)}" r="8"/>${glyph(mark.kind, x, y)}</g>`,
  );
  const labels = ORDER.flatMap((kind) =>
    placed
      .filter(({ mark }) => mark.kind === kind)
      .map(({ mark, x, y }) => label(mark, x, y, canvas)),
  );
  return markup`${glyphs}${labels}`;
}

/** Each kind has a shape of its own, so that colour never stands alone for it. */
function glyph(kind: TraceMark["kind"], x: number, y: number): Markup {
  switch (kind) {
    case "fault":
      return markup`<path class="glyph" d="M${px(x)} ${px(y - 6)}l6 11h-12z"/>`;
    case "healed":
      return markup`<circle class="glyph" cx="${px(x)}" cy="${px(y)}" r="${GLYPH_PX}"/>`;
    case "start":
      return markup`<path class="glyph" d="M${px(x - 5)} ${px(y - 5)}h10v10h-10z"/>`;
    case "operation":
    case "violation":
      return markup`<circle class="glyph" cx="${px(x)}" cy="${px(y)}" r="3.5"/>`;
  }
}

function label(mark: TraceMark, x: number, y: number, { room, right }: Canvas): Markup {
  const text = shorten(mark.label, LABEL_CHARS_MAX);
  const widthPx = textPx(text);
  const isLeft = x + 9 + widthPx > right;
  const left = isLeft ? x - 9 - widthPx : x + 9;
  const baseline = y + 4;
  if (!room.take({ left, right: left + widthPx, baseline })) return markup``;
  return markup`<text class="said mark-${mark.kind}" x="${px(isLeft ? x - 9 : x + 9)}" y="${px(baseline)}" text-anchor="${isLeft ? "end" : "start"}">${text}</text>`;
}

function describe({ lane, timeMs, kind, label: text }: TraceMark): string {
  return `${kind} · ${lane} · ${clockText(timeMs)} ms · ${text}`;
}
