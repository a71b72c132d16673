/** From time to height, with the pauses that are drawn shorter than they are. */
export interface TimeScale {
  (timeMs: number): number;
  readonly bottom: number;
  /** Moments worth a label, apart enough to be read. */
  readonly ticks: readonly number[];
  readonly pauses: readonly Pause[];
}

export interface Pause {
  readonly startMs: number;
  readonly endMs: number;
}

export interface TimeScaleOptions {
  readonly startMs: number;
  readonly endMs: number;
  readonly top: number;
  /** Moments at which something happens, in any order; those outside of the window do not count. */
  readonly momentsMs: readonly number[];
}

const PX_PER_MS = 18;
const STEP_PX_MIN = 6;
const STEP_PX_MAX = 46;
const HEIGHT_PX_MIN = 240;
const HEIGHT_PX_MAX = 24_000;
const TICK_PX_MIN = 44;

/**
 * Problem: in virtual time a hundred messages share a millisecond and then nothing happens for a second; drawn to scale one of
 * both is unreadable. Sketch: time is straight between two neighbouring moments, but no step is lower than can be seen
 * nor higher than is needed. The order of all moments is kept, and so is what a Lamport diagram is about.
 */
export function timeScale({ startMs, endMs, top, momentsMs }: TimeScaleOptions): TimeScale {
  const inside = momentsMs.filter((timeMs) => timeMs > startMs && timeMs < endMs);
  const times = [...new Set([startMs, ...inside, endMs])].sort((left, right) => left - right);
  const steps = times.slice(1).map((timeMs, at) => stepPx(timeMs - (times[at] ?? timeMs)));
  const wholePx = steps.reduce((sum, step) => sum + step, 0);
  const factor = Math.min(HEIGHT_PX_MAX, Math.max(HEIGHT_PX_MIN, wholePx)) / wholePx;
  const heights = [top];
  for (const step of steps) heights.push((heights.at(-1) ?? top) + step * factor);

  const toPixels = (timeMs: number): number => {
    const at = segmentOf(times, timeMs);
    const [fromMs, toMs] = [times[at] ?? startMs, times[at + 1] ?? endMs];
    const [from, to] = [heights[at] ?? top, heights[at + 1] ?? top];
    const share = Math.min(1, Math.max(0, (timeMs - fromMs) / (toMs - fromMs)));
    return from + share * (to - from);
  };
  return Object.assign(toPixels, {
    bottom: heights.at(-1) ?? top,
    ticks: apart(times, heights),
    pauses: times.slice(1).flatMap((timeMs, at) => {
      const fromMs = times[at] ?? timeMs;
      return (timeMs - fromMs) * PX_PER_MS > 3 * STEP_PX_MAX
        ? [{ startMs: fromMs, endMs: timeMs }]
        : [];
    }),
  });
}

function stepPx(gapMs: number): number {
  return Math.min(STEP_PX_MAX, Math.max(STEP_PX_MIN, gapMs * PX_PER_MS));
}

/** Index of the last time that is not after `timeMs`, but never the last of all. */
function segmentOf(times: readonly number[], timeMs: number): number {
  let low = 0;
  let high = times.length - 2;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((times[middle] ?? 0) <= timeMs) low = middle;
    else high = middle - 1;
  }
  return low;
}

function apart(times: readonly number[], heights: readonly number[]): readonly number[] {
  const ticks: number[] = [];
  let lastPx = Number.NEGATIVE_INFINITY;
  for (const [at, timeMs] of times.entries()) {
    const height = heights[at] ?? 0;
    if (height - lastPx < TICK_PX_MIN) continue;
    ticks.push(timeMs);
    lastPx = height;
  }
  return ticks;
}
