/*
 * `npm run bench:swarm`: how long two hundred drawn seeds take over all cores, each with the same number of cart operations, so that the figure
 * says what a swarm does with its time and not how much its seeds happen to ask for. Cluster, modes, world, faults, checks and phases are
 * those of the seed; its load takes as long as it would, at another rate.
 */

import { availableParallelism } from "node:os";
import { formatCount } from "../report/format.ts";
import { drawPlan } from "../swarm/draw-plan.ts";
import { Pool } from "../swarm/pool.ts";
import type { SimPlan } from "../swarm/sim-plan.ts";
import { BENCH_EXIT, readBenchFlags, runBenchMain, wholeFlag } from "./bench-flags.ts";

const TARGET_SECONDS = 60;
const TARGET_MEBIBYTES = 1_024;
const SEEDS = 200;
const OPERATIONS = 1_000;
const RUN_TIMEOUT_MS = 120_000;
const RUN_MODULE = new URL("../swarm/run-simulation.ts", import.meta.url).href;

const USAGE = `Simulates seeds 1, 2, 3 ... with the same number of cart operations each, one at a time on every core.

  npm run bench:swarm -- [flags]

  --seeds COUNT       1 to 100000, default ${SEEDS}
  --operations COUNT  cart operations of a seed, 1 to 100000, default ${formatCount(OPERATIONS)}
  --no-targets        do not fail over ${TARGET_SECONDS} s or ${formatCount(TARGET_MEBIBYTES)} MiB
  --help              this text

Exit status: 0 done and on target, 1 not, 64 bad use, 70 the benchmark itself broke.
`;

await runBenchMain(async (argv) => {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const flags = readBenchFlags(argv, {
    ...{ seeds: text, operations: text },
    ...{ "no-targets": flag, help: flag },
  });
  if (flags.help === true) {
    process.stdout.write(USAGE);
    return BENCH_EXIT.done;
  }
  const seeds = wholeFlag("seeds", flags.seeds, { min: 1, max: 100_000 }, SEEDS);
  const operations = wholeFlag(
    "operations",
    flags.operations,
    { min: 1, max: 100_000 },
    OPERATIONS,
  );
  const jobs = availableParallelism();
  const startMs = performance.now();
  const { attempted, found } = await runAll(seeds, operations, jobs);
  const seconds = (performance.now() - startMs) / 1_000;
  const mebibytes = process.resourceUsage().maxRSS / 1_024;
  process.stdout.write(
    `${formatCount(seeds)} seeds of ${formatCount(operations)} cart operations, ${formatCount(attempted)} attempted: ${seconds.toFixed(1)} s on ${jobs} threads, ${formatCount(attempted / seconds)} operations a second, ${formatCount(mebibytes)} MiB resident at most\n`,
  );
  if (found !== undefined) {
    process.stderr.write(`Cannot trust the figures: ${found}\n`);
    return BENCH_EXIT.broken;
  }
  const isMet = seconds < TARGET_SECONDS && mebibytes < TARGET_MEBIBYTES;
  if (isMet || flags["no-targets"] === true) return BENCH_EXIT.done;
  process.stderr.write(
    `Missed the target: under ${TARGET_SECONDS} s and ${formatCount(TARGET_MEBIBYTES)} MiB\n`,
  );
  return BENCH_EXIT.failed;
});

interface Total {
  readonly attempted: number;
  /** Of the first seed that found something. A run that is broken may well be a fast one. */
  readonly found: string | undefined;
}

async function runAll(seeds: number, operations: number, jobs: number): Promise<Total> {
  const pool = new Pool({ runModule: RUN_MODULE, jobs, timeoutMs: RUN_TIMEOUT_MS });
  let attempted = 0;
  let found: string | undefined;
  let next = 1;
  const lane = async (): Promise<void> => {
    while (next <= seeds) {
      const seed = next;
      next += 1;
      const { outcome } = await pool.run(loaded(drawPlan(seed), operations));
      attempted += outcome.operations.attempted;
      for (const { check, detail } of outcome.findings)
        found ??= `seed ${seed}: ${check}: ${detail}`;
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, lane));
  } finally {
    await pool.close();
  }
  return { attempted, found };
}

function loaded(plan: SimPlan, operations: number): SimPlan {
  const rate = Math.ceil(operations / plan.run.seconds);
  return { ...plan, operations, run: { ...plan.run, rate } };
}
