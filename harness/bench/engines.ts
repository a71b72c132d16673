/*
 * `npm run bench:engines`: the same load on every engine, one after the other in one run, so that they can be compared: what the
 * disk costs, and how much of that the write buffer takes away.
 */
import { join } from "node:path";
import { BENCH_EXIT, readBenchFlags, runBenchMain, wholeFlag } from "./bench-flags.ts";
import type { HttpBenchFigures } from "./http-figures.ts";
import { failuresOf } from "./http-figures.ts";
import type { HttpBenchOptions } from "./http-options.ts";
import { parseHttpBenchOptions } from "./http-options.ts";
import { runHttpBench } from "./run-http-bench.ts";

const USAGE = `Measures 3 nodes (N=3 R=2 W=2, 32 connections over HTTP, half reads and half writes with context) on each engine, one after the
other, for each size of a value; every row is the best of its rounds. Disk engines have a
cache of 32 MiB. There are 10,000 keys, fewer where their values would take more than 400 MiB, and fewer connections where more than
8 MiB of values would be under way.

  npm run bench:engines -- [flags]

  --rounds COUNT     times that each engine is measured, 1 to 100, default 2
  --seconds SECONDS  measured time of each, 1 to 3600, default 10
  --sizes LIST       bytes of a value, each 1 to 1048576, separated by commas, default 1024
  --no-targets       do not fail where an engine is too slow beside memory
  --help             this text

Exit status: 0 done and on target, 1 not, 64 bad use, 70 the benchmark itself broke.
`;

/** Room for all rows of the default load: its keys are drawn evenly, so that nothing smaller helps for long. */
const WITH_CACHE = ["--row-cache", "33554432"];

/** `shareMin`: of the memory engine's rate in the same run. */
const VARIANTS = [
  { name: "memory", flags: ["--engine", "memory"], shareMin: 0 },
  { name: "lmdb, synced", flags: ["--engine", "lmdb", ...WITH_CACHE], shareMin: 0.5 },
  {
    name: "lmdb, buffer 1000",
    flags: ["--engine", "lmdb", "--write-buffer", "1000", ...WITH_CACHE],
    shareMin: 0.8,
  },
  { name: "sqlite, synced", flags: ["--engine", "sqlite", ...WITH_CACHE], shareMin: 0 },
  {
    name: "sqlite, buffer 1000",
    flags: ["--engine", "sqlite", "--write-buffer", "1000", ...WITH_CACHE],
    shareMin: 0,
  },
] as const;

const KEYS_MAX = 10_000;
const DATA_BYTES_MAX = 400 * 1_048_576;
const CONNECTIONS_MAX = 32;
/** A request has a second: a disk that takes 50 MB of three copies in one is late with all of them when asked for twice as much. */
const UNDER_WAY_BYTES_MAX = 8 * 1_048_576;

const ROOT = join(import.meta.dirname, "../..");

await runBenchMain(async (argv, signal) => {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const flags = readBenchFlags(argv, {
    rounds: text,
    seconds: text,
    sizes: text,
    "no-targets": flag,
    help: flag,
  });
  if (flags.help === true) {
    process.stdout.write(USAGE);
    return BENCH_EXIT.done;
  }
  const rounds = wholeFlag("rounds", flags.rounds, { min: 1, max: 100 }, 2);
  const seconds = wholeFlag("seconds", flags.seconds, { min: 1, max: 3_600 }, 10);
  const failures: string[] = [];
  for (const size of (flags.sizes ?? "1024").split(",")) {
    wholeFlag("sizes", size, { min: 1, max: 1_048_576 }, 1_024);
    const best = await measureAll(
      { rounds, flags: ["--seconds", `${seconds}`, ...loadOf(Number(size))] },
      signal,
    );
    process.stdout.write(`\nvalues of ${size} bytes`);
    failures.push(...report(best));
  }
  for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
  const isOnTarget = failures.length === 0 || flags["no-targets"] === true;
  return isOnTarget ? BENCH_EXIT.done : BENCH_EXIT.failed;
});

/** No more data than the disk of a small machine takes, three times, and no more at once than it takes in time. */
function loadOf(valueBytes: number): readonly string[] {
  const keys = Math.min(KEYS_MAX, Math.floor(DATA_BYTES_MAX / valueBytes));
  const connections = Math.min(CONNECTIONS_MAX, Math.floor(UNDER_WAY_BYTES_MAX / valueBytes));
  const counts = ["--keys", `${keys}`, "--connections", `${connections}`];
  return ["--value-bytes", `${valueBytes}`, ...counts];
}

/** The best of some rounds on each engine, by its name. */
async function measureAll(
  { rounds, flags }: { readonly rounds: number; readonly flags: readonly string[] },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, HttpBenchFigures>> {
  const best = new Map<string, HttpBenchFigures>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, flags: engineFlags } of VARIANTS) {
      process.stdout.write(`round ${round} of ${rounds}: ${name}\n`);
      const figures = await measure([...engineFlags, ...flags], signal);
      const rate = best.get(name)?.requestsPerSecond ?? 0;
      if (figures.requestsPerSecond > rate) best.set(name, figures);
    }
  }
  return best;
}

async function measure(flags: readonly string[], signal: AbortSignal): Promise<HttpBenchFigures> {
  const options = parseHttpBenchOptions(flags) as HttpBenchOptions;
  const figures = await runHttpBench(options, {
    nodeMain: join(ROOT, "src/main.ts"),
    profileFolder: "",
    progress: () => {},
    signal,
  });
  const [broken] = failuresOf(figures, false);
  if (broken !== undefined) throw new Error(`Cannot compare: ${broken}`);
  return figures;
}

/** Prints the table and gives what misses its target. */
function report(best: ReadonlyMap<string, HttpBenchFigures>): readonly string[] {
  const memoryRate = best.get("memory")?.requestsPerSecond ?? Number.NaN;
  const failures: string[] = [];
  process.stdout.write(
    "\nengine                requests/s  of memory    p50 ms    p99 ms  p99.9 ms  put p99.9   CPU µs a request\n",
  );
  for (const { name, shareMin } of VARIANTS) {
    const figures = best.get(name);
    if (figures === undefined) continue;
    const { all, put } = figures.latencyMs;
    const share = figures.requestsPerSecond / memoryRate;
    const cells = [all.p50, all.p99, all.p999, put.p999].map((ms) => ms.toFixed(2).padStart(9));
    process.stdout.write(
      `${name.padEnd(20)} ${figures.requestsPerSecond.toFixed(0).padStart(11)} ${`${(100 * share).toFixed(0)} %`.padStart(10)} ${cells.join(" ")} ${(figures.nodesCpuUs ?? Number.NaN).toFixed(0).padStart(18)}\n`,
    );
    if (share < shareMin) {
      failures.push(
        `${name} reaches ${(100 * share).toFixed(0)} % of memory's rate, the target is ${100 * shareMin} %`,
      );
    }
  }
  return failures;
}
