import type { Clock } from "../../src/env/clock.ts";
import { waitMs } from "../../src/env/wait.ts";
import type { Figures, LiveFigures } from "./live-figures.ts";

export interface RunProgress extends Figures {
  readonly elapsedMs: number;
  readonly totalMs: number;
  /** Name of the fault under way. */
  readonly fault: string | undefined;
}

export interface ProgressOptions {
  /** Of the clock, when the load began. */
  readonly startMs: number;
  /** The load's planned length. */
  readonly totalMs: number;
  /** Aborted when the load has ended. */
  readonly over: AbortSignal;
  readonly currentFault: () => string | undefined;
  readonly onProgress: (progress: RunProgress) => void;
}

const PROGRESS_EVERY_MS = 500;

/** Tells twice a second what the load gets done; resolves when that is over. */
export async function showProgress(
  clock: Clock,
  figures: LiveFigures,
  { startMs, totalMs, over, currentFault, onProgress }: ProgressOptions,
): Promise<void> {
  let lastMs = startMs;
  while (!over.aborted) {
    await waitMs(clock, PROGRESS_EVERY_MS, over);
    const nowMs = clock.monotonicMs();
    const elapsedMs = nowMs - startMs;
    onProgress({ ...figures.take(nowMs - lastMs), elapsedMs, totalMs, fault: currentFault() });
    lastMs = nowMs;
  }
}
