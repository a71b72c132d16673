import { formatCount } from "../format.ts";
import type { LabelRoom } from "./label-room.ts";
import type { TimeScale } from "./time-scale.ts";

/** Where things are drawn, in pixels. */
export interface Canvas {
  readonly width: number;
  /** Between these two stand the lanes. */
  readonly left: number;
  readonly right: number;
  readonly lanes: readonly string[];
  /** The window of time that is drawn. */
  readonly startMs: number;
  readonly endMs: number;
  readonly y: TimeScale;
  readonly room: LabelRoom;
}

export const LEFT_PX = 104;
export const LANE_PX = 132;

/** The middle of a lane; the left edge for a lane that is not drawn. */
export function laneX({ lanes, left }: Pick<Canvas, "lanes" | "left">, lane: string): number {
  const at = lanes.indexOf(lane);
  return at < 0 ? left : left + (at + 0.5) * LANE_PX;
}

/** About how wide a label is. */
export function textPx(text: string): number {
  return text.length * 5.7;
}

/** `12,345.67`: milliseconds to a hundredth. */
export function clockText(timeMs: number): string {
  const [whole = "0", fraction = "00"] = Math.abs(timeMs).toFixed(2).split(".");
  return `${timeMs < 0 ? "-" : ""}${formatCount(Number(whole))}.${fraction}`;
}
