/*
 * `npm run bench:coordinators`: who coordinates a write, the first of the key's nodes, any of them, or the one that answered the read
 * before first (paper 5, D-5-9), compared in virtual time: load, latency, own writes missed, siblings, and, by versioning, writes lost;
 * then what clients that know the ring save (D-4.5-1).
 */
import type { Histogram } from "hdr-histogram-js";
import { ROUTINGS } from "../../src/client/routing.ts";
import { WRITE_COORDINATORS } from "../../src/coordinator/write-candidates.ts";
import { BENCH_EXIT, readBenchFlags, runBenchMain, wholeFlag } from "./bench-flags.ts";
import type { CoordinatorResult } from "./run-coordinator-trial.ts";
import { runCoordinatorTrials } from "./run-coordinator-trial.ts";

const USAGE = `Six simulated nodes (N=3 R=1 W=1) whose disks stall now and then, 24 clients that read, write and read again keys of a
Zipf distribution, under each choice of a write's coordinator and each versioning.

  npm run bench:coordinators -- [flags]

  --writes COUNT    writes of each seed, 100 to 1000000, default 4000
  --seeds COUNT     trials of each line, with other keys and other chance, 1 to 1000, default 5
  --help            this text

Exit status: 0 done, 64 bad use, 70 the benchmark itself broke.
`;

const VERSIONINGS = ["dvvset", "vector-clock", "vector-clock-max"] as const;

await runBenchMain(async (argv) => {
  const text = { type: "string" } as const;
  const flags = readBenchFlags(argv, { writes: text, seeds: text, help: { type: "boolean" } });
  if (flags.help === true) {
    process.stdout.write(USAGE);
    return BENCH_EXIT.done;
  }
  const writes = wholeFlag("writes", flags.writes, { min: 100, max: 1_000_000 }, 4_000);
  const seeds = wholeFlag("seeds", flags.seeds, { min: 1, max: 1_000 }, 5);
  process.stdout.write(
    "versioning       coordinator     load max/mean   put p50      p99    p99.9   own missed   siblings      lost\n",
  );
  for (const versioning of VERSIONINGS) {
    for (const policy of WRITE_COORDINATORS) {
      const result = await runCoordinatorTrials({ policy, versioning, writes }, seeds);
      process.stdout.write(`${versioning.padEnd(17)}${policy.padEnd(15)} ${lineOf(result)}\n`);
    }
  }
  process.stdout.write(
    "\nclients ask  coordinator     hops a write   get p50      p99   put p50      p99    p99.9\n",
  );
  for (const routing of ROUTINGS) {
    for (const policy of WRITE_COORDINATORS) {
      const trial = { policy, versioning: "dvvset", writes, routing } as const;
      const line = hopsLineOf(await runCoordinatorTrials(trial, seeds));
      process.stdout.write(`${routing.padEnd(13)}${policy.padEnd(15)} ${line}\n`);
    }
  }
  return BENCH_EXIT.done;
});

function hopsLineOf({ forwardsPerWrite, getLatenciesUs, latenciesUs }: CoordinatorResult): string {
  return [
    forwardsPerWrite.toFixed(3).padStart(12),
    ...[50, 99].map((percentile) => millisecondsAt(getLatenciesUs, percentile).padStart(9)),
    ...[50, 99, 99.9].map((percentile) => millisecondsAt(latenciesUs, percentile).padStart(8)),
  ].join(" ");
}

function millisecondsAt(histogramUs: Histogram, percentile: number): string {
  return `${(histogramUs.getValueAtPercentile(percentile) / 1_000).toFixed(2)} ms`;
}

function lineOf(result: CoordinatorResult): string {
  const { latenciesUs, acknowledged, lost } = result;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  return [
    result.loadMaxToMean.toFixed(2).padStart(13),
    ...[50, 99, 99.9].map((percentile) => millisecondsAt(latenciesUs, percentile).padStart(9)),
    percent(result.missedOwnShare).padStart(11),
    percent(result.siblingsShare).padStart(10),
    percent(lost / acknowledged).padStart(9),
  ].join(" ");
}
