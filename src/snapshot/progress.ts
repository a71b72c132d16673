import type { SnapshotProgress } from "./contract.ts";

/** Where progress is shown. */
export interface ProgressOutput {
  readonly write: (text: string) => void;
  /** True: one line that is written over. False: a plain line now and then. */
  readonly isTerminal: boolean;
  readonly columns: number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

export interface ProgressLine {
  readonly update: (progress: SnapshotProgress) => void;
  /** Leaves the line as it stands. */
  readonly end: () => void;
}

/** How a snapshot goes, phase by phase: partitions, rows, bytes, how fast, and how long it may still take. */
export function progressLine({ write, isTerminal, columns, nowMs }: ProgressOutput): ProgressLine {
  let phase: SnapshotProgress["phase"] | undefined;
  let startMs = 0;
  let nextMs = 0;
  let isOpen = false;
  const end = (): void => {
    if (isOpen) write("\n");
    isOpen = false;
  };
  return {
    update(progress) {
      const now = nowMs();
      if (progress.phase !== phase) {
        end();
        phase = progress.phase;
        startMs = now;
        nextMs = now;
      }
      const isLast = progress.partitionsDone === progress.partitions;
      if (now < nextMs && !isLast) return;
      nextMs = now + (isTerminal ? REDRAW_EVERY_MS : LINE_EVERY_MS);
      const line = describe(progress, now - startMs);
      // One cell stays free: a full last column makes many terminals wrap.
      const fitting = `${bar(progress)}${line}`.slice(0, Math.max(1, columns - 1));
      write(isTerminal ? `${CLEAR_LINE}${fitting}` : `${line}\n`);
      isOpen = isTerminal;
    },
    end,
  };
}

const CLEAR_LINE = "\r\u001b[2K";
const REDRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 2_000;
const BAR_CELLS = 12;

function bar({ partitionsDone, partitions }: SnapshotProgress): string {
  const filled = Math.round((BAR_CELLS * partitionsDone) / partitions);
  return `[${"#".repeat(filled)}${"-".repeat(BAR_CELLS - filled)}] `;
}

function describe(progress: SnapshotProgress, elapsedMs: number): string {
  const { phase, partitionsDone, partitions, rows, bytes } = progress;
  const rate = elapsedMs > 0 ? `${sizeText((1_000 * bytes) / elapsedMs)}/s` : "";
  const leftMs = (elapsedMs * (partitions - partitionsDone)) / Math.max(1, partitionsDone);
  const time =
    partitionsDone === partitions
      ? `in ${durationText(elapsedMs)}`
      : `${durationText(leftMs)} left`;
  return [
    `${phase} partition ${count(partitionsDone)}/${count(partitions)}`,
    `${count(rows)} rows`,
    sizeText(bytes),
    rate,
    time,
  ]
    .filter((part) => part !== "")
    .join("  ");
}

/** As people read it: `1.5 MiB`. */
export function sizeText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  for (; size >= 1_024 && unit < units.length - 1; unit += 1) size /= 1_024;
  return `${unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

function durationText(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
