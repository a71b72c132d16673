import { roundUp } from "./scale.ts";

/** Equal stretches of time that cover a run: what charts over time count in. */
export interface Windows {
  readonly widthNs: number;
  readonly count: number;
  /** The window of a moment, clamped to the first and last. */
  indexOf(timeNs: number): number;
}

const WINDOWS_MAX = 120;

/** At most `WINDOWS_MAX` windows of a round width. */
export function windowsOver(endNs: number): Windows {
  const widthNs = roundUp(Math.max(endNs, 1e6) / WINDOWS_MAX);
  const count = Math.max(1, Math.ceil(endNs / widthNs));
  return {
    widthNs,
    count,
    indexOf: (timeNs) => Math.min(count - 1, Math.max(0, Math.floor(timeNs / widthNs))),
  };
}
