/*
 * `npm run bench:engines`: the same load on every engine in one run, in short rounds by turns, so that they can be compared: what the
 * disk costs, and how much of that the write buffer takes away.
 */
import { BENCH_EXIT, readBenchFlags, runBenchMain, wholeFlag } from "./bench-flags.ts";
import type { EngineFigures, EngineVariant } from "./engine-rounds.ts";
import { runEngineRounds } from "./engine-rounds.ts";
import { quartiles } from "./quartiles.ts";

const USAGE = `Measures 3 nodes (N=3 R=2 W=2, 32 connections over HTTP, half reads and half writes with context) on each engine, for each size of a
value. The clusters stand side by side, 18 nodes, and take the load by turns in short rounds; what an engine reaches of memory's rate is the
median of the rounds. Disk engines have a cache of 32 MiB; a patient buffer is
flushed every second in place of every 100 ms, and its durable copies wait for others for 50 ms in place of 20 (what that loses in a crash:
bench:buffer-loss). There are 10,000 keys, fewer where their values would take more than
100 MiB, and fewer connections where more than 8 MiB of values would be under way.

  npm run bench:engines -- [flags]

  --rounds COUNT     times that each engine is measured, 1 to 1000, default 12
  --seconds SECONDS  measured time of each, 1 to 3600, default 2
  --sizes LIST       bytes of a value, each 1 to 1048576, separated by commas, default 1024
  --no-targets       do not fail where an engine is too slow beside memory
  --help             this text

Exit status: 0 done and on target, 1 not, 64 bad use, 70 the benchmark itself broke.
`;

/** `shareMin`: of the memory engine's rate in the same run. */
const VARIANTS: readonly (EngineVariant & { readonly shareMin: number })[] = [
  { name: "memory", engine: "memory", writeBuffer: 0, shareMin: 0 },
  { name: "lmdb, synced", engine: "lmdb", writeBuffer: 0, shareMin: 0.5 },
  { name: "lmdb, buffer 1000", engine: "lmdb", writeBuffer: 1_000, shareMin: 0.8 },
  {
    name: "lmdb, patient",
    engine: "lmdb",
    writeBuffer: 1_000,
    settings: { writeBufferFlushMs: 1_000, durableGatherMs: 50 },
    shareMin: 0.8,
  },
  { name: "sqlite, synced", engine: "sqlite", writeBuffer: 0, shareMin: 0 },
  { name: "sqlite, buffer 1000", engine: "sqlite", writeBuffer: 1_000, shareMin: 0 },
];

/** Room for all rows of the default load: its keys are drawn evenly, so that nothing smaller helps for long. */
const ROW_CACHE_BYTES = 32 * 1_048_576;
const KEYS_MAX = 10_000;
const DATA_BYTES_MAX = 100 * 1_048_576;
const CONNECTIONS_MAX = 32;
/** A request has a second: a disk that takes 50 MB of three copies in one is late with all of them when asked for twice as much. */
const UNDER_WAY_BYTES_MAX = 8 * 1_048_576;

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
  const rounds = wholeFlag("rounds", flags.rounds, { min: 1, max: 1_000 }, 12);
  const seconds = wholeFlag("seconds", flags.seconds, { min: 1, max: 3_600 }, 2);
  const sizes = (flags.sizes ?? "1024").split(",");
  const range = { min: 1, max: 1_048_576 };
  const failures: string[] = [];
  const progress = (line: string): void => void process.stdout.write(`${line}\n`);
  for (const valueBytes of sizes.map((size) => wholeFlag("sizes", size, range, 1_024))) {
    const load = { rounds, seconds, ...loadOf(valueBytes), rowCacheBytes: ROW_CACHE_BYTES };
    const measured = await runEngineRounds(VARIANTS, load, { signal, progress });
    process.stdout.write(`\nvalues of ${valueBytes} bytes\n`);
    failures.push(...report(measured));
  }
  for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
  const isOnTarget = failures.length === 0 || flags["no-targets"] === true;
  return isOnTarget ? BENCH_EXIT.done : BENCH_EXIT.failed;
});

/** No more data than the disk of a small machine takes, three times, and no more at once than it takes in time. */
function loadOf(valueBytes: number) {
  return {
    valueBytes,
    keys: Math.min(KEYS_MAX, Math.floor(DATA_BYTES_MAX / valueBytes)),
    connections: Math.min(CONNECTIONS_MAX, Math.floor(UNDER_WAY_BYTES_MAX / valueBytes)),
  };
}

/** Prints the table and gives what misses its target. */
function report(measured: ReadonlyMap<string, EngineFigures>): readonly string[] {
  const memoryRates = measured.get("memory")?.rates ?? [];
  const failures: string[] = [];
  process.stdout.write(
    "engine                requests/s  of memory (half of rounds)    p50 ms    p99 ms  p99.9 ms  put p99.9   CPU µs a request\n",
  );
  for (const { name, shareMin } of VARIANTS) {
    const of = measured.get(name);
    if (of === undefined) continue;
    const { figures, rates } = of;
    const { all, put } = figures.latencyMs;
    const shares = rates.map((rate, round) => rate / (memoryRates[round] ?? Number.NaN));
    const [low, share, high] = quartiles(shares).map((each) => 100 * each) as [
      number,
      number,
      number,
    ];
    const reached = `${share.toFixed(0)} % (${low.toFixed(0)} to ${high.toFixed(0)} %)`;
    const cells = [all.p50, all.p99, all.p999, put.p999].map((ms) => ms.toFixed(2).padStart(9));
    process.stdout.write(
      `${name.padEnd(20)} ${figures.requestsPerSecond.toFixed(0).padStart(11)} ${reached.padStart(27)} ${cells.join(" ")} ${(figures.nodesCpuUs ?? Number.NaN).toFixed(0).padStart(18)}\n`,
    );
    if (!(share >= 100 * shareMin)) {
      failures.push(
        `${name} reaches ${share.toFixed(0)} % of memory's rate, the target is ${100 * shareMin} %`,
      );
    }
  }
  return failures;
}
