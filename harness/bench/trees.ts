/*
 * `npm run bench:trees`: what hash trees take of the write throughput of whole nodes. Two clusters stand side by side, one with
 * trees and one without, and take the same writes over HTTP in short rounds, by turns, so that whatever else the machine does meets
 * both alike. The target is held against the processor time of the nodes. The rate is printed beside it, in which the clients'
 * own work counts as well, and whatever else the machine does.
 */
import { join } from "node:path";
import type { BenchCluster } from "./bench-cluster.ts";
import { startBenchCluster } from "./bench-cluster.ts";
import { BENCH_EXIT, readBenchFlags, runBenchMain, wholeFlag } from "./bench-flags.ts";
import type { RoundCost } from "./context-writers.ts";
import { ContextWriters } from "./context-writers.ts";
import type { BenchEngine } from "./http-options.ts";
import { median, quartiles } from "./quartiles.ts";

const USAGE = `Measures what hash trees cost whole nodes: 3 nodes (N=3 R=2 W=2, values of 1 KiB, 32 writers over HTTP, each write over the one
before it), with trees and without in turn, on each engine.

  npm run bench:trees -- [flags]

  --rounds COUNT     pairs of rounds that are counted, 1 to 1000, default 40
  --writes COUNT     writes of a round, 100 to 1000000, default 2000
  --no-targets       do not fail where trees take too much
  --help             this text

Exit status: 0 done and on target, 1 not, 64 bad use, 70 the benchmark itself broke.
`;

/** Rows that a buffered engine may acknowledge before they are stored. */
const VARIANTS: readonly { readonly engine: BenchEngine; readonly writeBuffer: number }[] = [
  { engine: "memory", writeBuffer: 0 },
  { engine: "lmdb", writeBuffer: 1_000 },
];
const SHARE_MAX = 0.05;
const WARM_UP_PAIRS = 5;
/** Trees are kept from the start on, and no exchange begins while it is measured. */
const WITH_TREES = { antiEntropyMs: 3_600_000 };
const WITHOUT_TREES = { antiEntropyMs: 0 };
const NODE_MAIN = join(import.meta.dirname, "../../src/main.ts");

await runBenchMain(async (argv, signal) => {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const flags = readBenchFlags(argv, {
    rounds: text,
    writes: text,
    "no-targets": flag,
    help: flag,
  });
  if (flags.help === true) {
    process.stdout.write(USAGE);
    return BENCH_EXIT.done;
  }
  const rounds = wholeFlag("rounds", flags.rounds, { min: 1, max: 1_000 }, 40);
  const writes = wholeFlag("writes", flags.writes, { min: 100, max: 1_000_000 }, 2_000);
  let isOnTarget = true;
  for (const variant of VARIANTS) {
    const share = await measure(variant, { rounds, writes, signal });
    isOnTarget &&= share < SHARE_MAX;
  }
  return isOnTarget || flags["no-targets"] === true ? BENCH_EXIT.done : BENCH_EXIT.failed;
});

interface Measure {
  readonly rounds: number;
  readonly writes: number;
  readonly signal: AbortSignal;
}

/** Prints a line and gives the share of a write's processor time that trees add. */
async function measure(
  variant: (typeof VARIANTS)[number],
  { rounds, writes, signal }: Measure,
): Promise<number> {
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const start = (settings: Readonly<Record<string, unknown>>): Promise<BenchCluster> =>
    startBenchCluster({
      ...variant,
      nodes: 3,
      nodeMain: NODE_MAIN,
      settings,
      onDeath: (error) => ended.abort(error),
    });
  const clusters: BenchCluster[] = [];
  const writers: ContextWriters[] = [];
  try {
    for (const settings of [WITHOUT_TREES, WITH_TREES]) clusters.push(await start(settings));
    for (const { urls } of clusters) writers.push(new ContextWriters(urls, over));
    const [plain, kept] = writers as [ContextWriters, ContextWriters];
    const without: RoundCost[] = [];
    const withTrees: RoundCost[] = [];
    for (let pair = 0; pair < WARM_UP_PAIRS + rounds; pair += 1) {
      const isKeptFirst = pair % 2 === 1;
      const first = await (isKeptFirst ? kept : plain).round(writes);
      const second = await (isKeptFirst ? plain : kept).round(writes);
      if (pair < WARM_UP_PAIRS) continue;
      without.push(isKeptFirst ? second : first);
      withTrees.push(isKeptFirst ? first : second);
    }
    const cpu = compared(without, withTrees, "nodesUs");
    const clock = compared(without, withTrees, "clockUs");
    const name = variant.writeBuffer > 0 ? `${variant.engine}, buffered` : variant.engine;
    process.stdout.write(
      `${name}: a write takes ${cpu.without.toFixed(1)} µs of all nodes' processor time, and ${moreOf(cpu)} (target under ${100 * SHARE_MAX} %; ${rounds} pairs of rounds)\n` +
        `${name}: ${(1e6 / clock.without).toFixed(0)} writes a second; by the clock a write takes ${clock.without.toFixed(1)} µs, and ${moreOf(clock)}\n`,
    );
    return cpu.share;
  } finally {
    for (const each of writers) each.close();
    for (const cluster of clusters) await cluster.stop();
  }
}

interface Comparison {
  /** Median, in microseconds. */
  readonly without: number;
  /** Quartiles of what the two rounds of a pair differ by. */
  readonly more: readonly [number, number, number];
  /** Of the medians. */
  readonly share: number;
}

function compared(
  without: readonly RoundCost[],
  withTrees: readonly RoundCost[],
  of: keyof RoundCost,
): Comparison {
  const base = median(without.map((cost) => cost[of]));
  const more = withTrees.map((cost, pair) => cost[of] - (without[pair]?.[of] ?? Number.NaN));
  const each = quartiles(more);
  return { without: base, more: each, share: each[1] / base };
}

function moreOf({ more: [low, middle, high], share }: Comparison): string {
  return `${middle.toFixed(1)} µs more with hash trees: ${(100 * share).toFixed(1)} % (half of the pairs between ${low.toFixed(1)} and ${high.toFixed(1)} µs)`;
}
