/*
 * `npm run bench:buffer-loss`: acknowledged writes that are lost when all replicas crash at once, against what was in their
 * buffers (K-16, D-6.1-4, D-6.1-5), over many seeds of the simulation.
 */
import { BENCH_EXIT, readBenchFlags, runBenchMain, wholeFlag } from "./bench-flags.ts";
import type { LossResult } from "./run-buffer-loss.ts";
import { runLossTrial } from "./run-buffer-loss.ts";

const USAGE = `Crashes all three nodes of a simulated cluster (N=3 R=2 W=2) at one virtual moment, over many seeds, and counts the
acknowledged writes that no disk has, against the rows that were in the three buffers.

  npm run bench:buffer-loss -- [flags]

  --seeds COUNT     crashes for each line, 1 to 10000, default 20
  --buffer ROWS     capacity of each node's buffer, 1 to 1000000, default 1000
  --flush-ms MS     longest time to a flush, 1 to 60000, default 100
  --gather-ms LIST  longest times that a copy which is stored first waits for others, each 0 to 1000, separated by commas, default 20
  --help            this text

Exit status: 0 done, 64 bad use, 70 the benchmark itself broke.
`;

const RATES_PER_SECOND = [250, 1_000, 4_000] as const;

await runBenchMain(async (argv) => {
  const text = { type: "string" } as const;
  const flags = readBenchFlags(argv, {
    seeds: text,
    buffer: text,
    "flush-ms": text,
    "gather-ms": text,
    help: { type: "boolean" },
  });
  if (flags.help === true) {
    process.stdout.write(USAGE);
    return BENCH_EXIT.done;
  }
  const seeds = wholeFlag("seeds", flags.seeds, { min: 1, max: 10_000 }, 20);
  const objectsMax = wholeFlag("buffer", flags.buffer, { min: 1, max: 1_000_000 }, 1_000);
  const flushMs = wholeFlag("flush-ms", flags["flush-ms"], { min: 1, max: 60_000 }, 100);
  const gathersMs = (flags["gather-ms"] ?? "20")
    .split(",")
    .map((each) => wholeFlag("gather-ms", each, { min: 0, max: 1_000 }, 20));
  process.stdout.write(
    `${seeds} crashes a line, buffers of ${objectsMax} rows flushed every ${flushMs} ms, disk 1.5 ms, network 0.3 ms\n\nstored first       writes/s   rows buffered   lost a crash: mean    max   lost of acknowledged\n`,
  );
  const choices = [
    { name: "none of N", durableReplicas: 0 as const, gatherMs: 0 },
    ...gathersMs.map((gatherMs) => ({
      name: `one, ${gatherMs} ms`,
      durableReplicas: 1 as const,
      gatherMs,
    })),
  ];
  for (const { name, ...choice } of choices) {
    for (const writesPerSecond of RATES_PER_SECOND) {
      const results: LossResult[] = [];
      for (let seed = 1; seed <= seeds; seed += 1) {
        results.push(await runLossTrial({ seed, writesPerSecond, objectsMax, flushMs, ...choice }));
      }
      process.stdout.write(`${lineOf(name, writesPerSecond, results)}\n`);
    }
  }
  return BENCH_EXIT.done;
});

function lineOf(name: string, writesPerSecond: number, results: readonly LossResult[]): string {
  const sum = (of: (result: LossResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const lost = sum((result) => result.lost);
  const share = (100 * lost) / sum((result) => result.acknowledged);
  return [
    name.padEnd(17),
    String(writesPerSecond).padStart(10),
    (sum((result) => result.occupancy) / results.length).toFixed(0).padStart(15),
    (lost / results.length).toFixed(1).padStart(21),
    String(Math.max(...results.map((result) => result.lost))).padStart(6),
    `${share.toFixed(2)} %`.padStart(22),
  ].join(" ");
}
