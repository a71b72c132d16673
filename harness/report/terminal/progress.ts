import { formatCount, formatDuration, formatShare } from "../format.ts";
import { printable } from "./printable.ts";

export interface ProgressOptions {
  readonly write: (text: string) => void;
  /** True: one line that is written over. False: a plain line every few seconds. */
  readonly isTerminal: boolean;
  readonly columns: number;
}

export interface ProgressUpdate {
  readonly elapsedMs: number;
  readonly totalMs: number;
  readonly operationsPerSecond: number;
  /** Name of the fault under way; undefined while the cluster is healthy. */
  readonly fault: string | undefined;
  /** Undefined until an operation has completed. */
  readonly p99Ms: number | undefined;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
}

export interface Progress {
  update(update: ProgressUpdate): void;
  /** Puts a line of its own into the output, above the moving one. */
  note(text: string): void;
  /** Ends the moving line; updates after it are ignored. */
  end(): void;
}

const PLAIN_LINE_EVERY_MS = 5_000;
const BAR_CELLS = 16;
const CLEAR_LINE = "\r\u001b[2K";

/** Shows how a run goes. Reads no clock: the time comes with each update. */
export function createProgress(options: ProgressOptions): Progress {
  return options.isTerminal ? movingLine(options) : plainLines(options);
}

function movingLine({ write, columns }: ProgressOptions): Progress {
  let ended = false;
  let shown = "";
  const draw = (line: string): void => {
    // One cell stays free: a full last column makes many terminals wrap.
    shown = line.slice(0, Math.max(1, columns - 1));
    write(`${CLEAR_LINE}${shown}`);
  };
  return {
    update(update) {
      if (!ended) draw(`${bar(update)} ${describe(update)}`);
    },
    note(text) {
      write(`${ended || shown === "" ? "" : CLEAR_LINE}${printable(text)}\n`);
      if (!ended && shown !== "") write(shown);
    },
    end() {
      if (!ended && shown !== "") write("\n");
      ended = true;
    },
  };
}

function plainLines({ write }: ProgressOptions): Progress {
  let ended = false;
  let nextLineMs = 0;
  let fault: string | undefined;
  return {
    update(update) {
      if (ended) return;
      const faultChanged = update.fault !== fault;
      if (update.elapsedMs < nextLineMs && !faultChanged) return;
      fault = update.fault;
      nextLineMs = update.elapsedMs + PLAIN_LINE_EVERY_MS;
      write(`${describe(update)}\n`);
    },
    note(text) {
      write(`${printable(text)}\n`);
    },
    end() {
      ended = true;
    },
  };
}

function bar({ elapsedMs, totalMs }: ProgressUpdate): string {
  const share = totalMs > 0 ? Math.min(1, Math.max(0, elapsedMs / totalMs)) : 0;
  const full = Math.floor(share * BAR_CELLS);
  return "█".repeat(full) + "░".repeat(BAR_CELLS - full);
}

// Short things first, the fault's name last: a narrow terminal cuts the end off.
function describe(update: ProgressUpdate): string {
  const seconds = `${(update.elapsedMs / 1000).toFixed(0)}/${(update.totalMs / 1000).toFixed(0)} s`;
  const p99 = update.p99Ms === undefined ? "–" : formatDuration(update.p99Ms);
  const completed = update.ok + update.fail + update.info;
  const parts = [
    seconds,
    `${formatCount(update.operationsPerSecond)} op/s`,
    `p99 ${p99}`,
    `ok ${formatShare(update.ok, completed)}`,
    `fail ${formatCount(update.fail)}`,
    `info ${formatCount(update.info)}`,
    update.fault === undefined ? "healthy" : `fault ${printable(update.fault)}`,
  ];
  return parts.join("  ");
}
