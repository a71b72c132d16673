/*
 * `npm run bench:day`: a day in small, in virtual time. Reproduces the shapes of Figure 4 (averages and p99.9 of reads and writes, by
 * the hour) and of Figure 5 (the same day with write buffers of several sizes), and prints what the factor is here (D-6.1-1, D-6.1-3).
 */
import { BENCH_EXIT, readBenchFlags, runBenchMain, wholeFlag } from "./bench-flags.ts";
import type { DayResult } from "./run-day.ts";
import { during, isPeak, isTrough, loadShare, runDay } from "./run-day.ts";

const USAGE = `A day of 24 short hours in a simulated cluster of five nodes (N=3 R=2 W=2) whose disks stall the more often, the more is
written: latencies by time of day without a buffer (Figure 4), and of writes with buffers (Figure 5).

  npm run bench:day -- [flags]

  --hour-ms MS      virtual time that stands for an hour, 100 to 3600000, default 5000
  --peak COUNT      reads a second at noon, and as many writes, 1 to 10000, default 250
  --seed SEED       1 to 1000000, default 1
  --help            this text

Exit status: 0 done, 64 bad use, 70 the benchmark itself broke.
`;

const HOURS = 24;
const HOURS_A_LINE = 3;
const BUFFERS = [0, 100, 1_000, 10_000] as const;

await runBenchMain(async (argv) => {
  const text = { type: "string" } as const;
  const flags = readBenchFlags(argv, {
    "hour-ms": text,
    peak: text,
    seed: text,
    help: { type: "boolean" },
  });
  if (flags.help === true) {
    process.stdout.write(USAGE);
    return BENCH_EXIT.done;
  }
  const day = {
    hours: HOURS,
    hourMs: wholeFlag("hour-ms", flags["hour-ms"], { min: 100, max: 3_600_000 }, 5_000),
    peakPerSecond: wholeFlag("peak", flags.peak, { min: 1, max: 10_000 }, 250),
    seed: wholeFlag("seed", flags.seed, { min: 1, max: 1_000_000 }, 1),
  };
  const lines: string[] = [];
  let direct: DayResult | undefined;
  for (const writeBufferObjects of BUFFERS) {
    const result = await runDay({ ...day, writeBufferObjects });
    direct ??= result;
    lines.push(bufferLine(writeBufferObjects, result, direct));
    if (writeBufferObjects === 0) reportFigure4(result);
  }
  process.stdout.write(
    "\nFigure 5, writes\nbuffer    trough: p99    peak: p99     p99.9   factor   all: p99.9   factor   failed\n",
  );
  for (const line of lines) process.stdout.write(`${line}\n`);
  return BENCH_EXIT.done;
});

function reportFigure4({ reads, writes }: DayResult): void {
  process.stdout.write(
    "Figure 4, no buffer\nhours     load   reads: mean     p99.9   writes: mean     p99.9\n",
  );
  for (let first = 0; first < HOURS; first += HOURS_A_LINE) {
    const isMeant = (hour: number) => hour >= first && hour < first + HOURS_A_LINE;
    const load = loadShare(first + (HOURS_A_LINE - 1) / 2, HOURS);
    const name = `${first} to ${first + HOURS_A_LINE}`;
    process.stdout.write(figure4Line(name, percent(load), { reads, writes }, isMeant));
  }
  process.stdout.write(figure4Line("all", "", { reads, writes }, () => true));
}

function figure4Line(
  name: string,
  load: string,
  { reads, writes }: Pick<DayResult, "reads" | "writes">,
  isMeant: (hour: number) => boolean,
): string {
  const [read, write] = [during(reads, isMeant), during(writes, isMeant)];
  const cells = [
    [read.mean, 13],
    [read.getValueAtPercentile(99.9), 9],
    [write.mean, 14],
    [write.getValueAtPercentile(99.9), 9],
  ] as const;
  return `${name.padEnd(8)}${load.padStart(6)}${cells.map(([us, width]) => milliseconds(us).padStart(width)).join(" ")}\n`;
}

function bufferLine(rows: number, result: DayResult, direct: DayResult): string {
  const at = (percentile: number, day: DayResult, isMeant?: typeof isPeak) =>
    during(day.writes, isMeant).getValueAtPercentile(percentile);
  const factor = (isMeant?: typeof isPeak) =>
    (at(99.9, direct, isMeant) / at(99.9, result, isMeant)).toFixed(2);
  return [
    (rows === 0 ? "none" : String(rows)).padEnd(8),
    milliseconds(at(99, result, isTrough)).padStart(12),
    milliseconds(at(99, result, isPeak)).padStart(12),
    milliseconds(at(99.9, result, isPeak)).padStart(9),
    factor(isPeak).padStart(8),
    milliseconds(at(99.9, result)).padStart(12),
    factor().padStart(8),
    String(result.failed).padStart(8),
  ].join(" ");
}

function milliseconds(us: number): string {
  return `${(us / 1_000).toFixed(1)} ms`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
