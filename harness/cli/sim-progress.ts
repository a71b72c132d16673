import { formatCount, formatDuration } from "../report/format.ts";
import { printable } from "../report/terminal/printable.ts";
import type { SwarmProgress } from "../swarm/swarm.ts";
import type { Output } from "./output.ts";

const PLAIN_LINE_EVERY_MS = 5_000;
const CLEAR_LINE = "\r\u001b[2K";

export interface SwarmProgressLine {
  readonly update: (progress: SwarmProgress) => void;
  /** A line of its own above the moving one. */
  readonly note: (sentence: string) => void;
  readonly end: () => void;
}

/** How a swarm goes: one line that is written over on a terminal, a plain line now and then elsewhere. */
export function swarmProgress({ write, isTerminal, columns }: Output): SwarmProgressLine {
  let shown = "";
  let nextLineMs = 0;
  return {
    update(progress) {
      const line = describe(progress);
      if (isTerminal) {
        // One cell stays free: a full last column makes many terminals wrap.
        shown = line.slice(0, Math.max(1, columns - 1));
        write(`${CLEAR_LINE}${shown}`);
      } else if (progress.elapsedMs >= nextLineMs) {
        nextLineMs = progress.elapsedMs + PLAIN_LINE_EVERY_MS;
        write(`${line}\n`);
      }
    },
    note(sentence) {
      write(`${shown === "" ? "" : CLEAR_LINE}${printable(sentence)}\n${shown}`);
    },
    end() {
      if (shown !== "") write("\n");
      shown = "";
    },
  };
}

function describe(progress: SwarmProgress): string {
  const { seedsRun, seeds, elapsedMs, forMs, requests, virtualMs, seedsFailed } = progress;
  const of = seeds === undefined ? "" : ` of ${formatCount(seeds)}`;
  const until = forMs === undefined ? "" : `/${(forMs / 1_000).toFixed(0)}`;
  const rate = elapsedMs > 0 ? (requests * 1_000) / elapsedMs : 0;
  return [
    `${formatCount(seedsRun)}${of} seeds`,
    `${(elapsedMs / 1_000).toFixed(0)}${until} s`,
    `${formatDuration(virtualMs)} virtual`,
    `${formatCount(rate)} requests/s`,
    seedsFailed === 0 ? "no findings" : `${formatCount(seedsFailed)} seeds with findings`,
  ].join("  ");
}
