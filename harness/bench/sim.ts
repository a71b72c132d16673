/*
 * `npm run bench:sim`: how many store requests a second the simulation carries out on one core, with the oracle, the
 * catalogue, the history and the checkers on, as in a swarm; with the room for young objects that each thread of a swarm has
 * (a semi-space of 64 MiB is a third of 192).
 * Those run for minutes and hours, so the first runs, in which the engine still compiles what it will run, do not count: with
 * `--trace-opt` 325 functions are optimised in the first, 157, 98, 42, 58 and 44 in the next five, 25 to 45 in each from then on.
 * What it is slow in, a swarm looks less far in.
 */

import { parseArgs } from "node:util";
import { formatCount } from "../report/format.ts";
import { runSimulation } from "../swarm/run-simulation.ts";
import type { SimOutcome } from "../swarm/sim-outcome.ts";
import { simBenchPlan } from "./sim-bench-plan.ts";
import { UsageError } from "./usage-error.ts";

const TARGET_PER_SECOND = 10_000;
const OPERATIONS_DEFAULT = 10_000;
const OPERATIONS_MAX = 1_000_000;
const WARM_UP_RUNS = 6;
const RUNS = 5;

const HELP = `Simulates ${RUNS} times the same cluster of 5 nodes (N=3 R=2 W=2, dvvset, synced disks, three faults) in this
process, after ${WARM_UP_RUNS} runs that do not count, and tells how fast that was.

  npm run bench:sim -- [flags]

  --operations COUNT  cart operations of a run, 1 to ${OPERATIONS_MAX}, default ${OPERATIONS_DEFAULT}
  --no-targets        do not fail under ${formatCount(TARGET_PER_SECOND)} requests a second of processor time
  --help              this text

Exit status: 0 done and on target, 1 not, 64 bad use, 70 the benchmark itself broke.`;

interface Options {
  readonly operations: number;
  readonly targets: boolean;
}

/** What one run took. */
interface Measured {
  readonly outcome: SimOutcome;
  /** Of all threads, the garbage collector's too: on a busy machine it tells more than the clock. */
  readonly cpuSeconds: number;
  readonly realSeconds: number;
}

async function main(): Promise<void> {
  let options: Options | undefined;
  try {
    options = readOptions();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 64;
    return;
  }
  if (options === undefined) {
    console.log(HELP);
    return;
  }
  for (let run = 0; run < WARM_UP_RUNS; run += 1) await measure(options.operations);
  const runs: Measured[] = [];
  for (let run = 0; run < RUNS; run += 1) runs.push(await measure(options.operations));
  report(runs, options);
}

async function measure(operations: number): Promise<Measured> {
  const plan = simBenchPlan(operations);
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const { outcome } = await runSimulation(plan);
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    outcome,
    cpuSeconds: (user + system) / 1e6,
    realSeconds: (performance.now() - startMs) / 1_000,
  };
}

function report(runs: readonly Measured[], { operations, targets }: Options): void {
  const spread = (figureOf: (run: Measured) => number): string => {
    const { median, min, max } = spreadOf(runs.map(figureOf));
    return `${formatCount(Math.round(median))} (${formatCount(Math.round(min))} to ${formatCount(Math.round(max))})`;
  };
  const ofCpu = ({ outcome, cpuSeconds }: Measured) => outcome.requests / cpuSeconds;
  const rows: readonly (readonly [string, string])[] = [
    ["requests per s of processor time", spread(ofCpu)],
    ["requests per s", spread(({ outcome, realSeconds }) => outcome.requests / realSeconds)],
    ["events per s", spread(({ outcome, realSeconds }) => outcome.events / realSeconds)],
    [
      "virtual s per s",
      spread(({ outcome, realSeconds }) => outcome.virtualMs / 1_000 / realSeconds),
    ],
    ["resident memory at most", `${formatCount(process.resourceUsage().maxRSS / 1_024)} MiB`],
  ];
  console.log(
    `${RUNS} runs of ${formatCount(operations)} cart operations, ${formatCount(runs[0]?.outcome.requests ?? 0)} requests each: median (min to max)`,
  );
  for (const [name, figure] of rows) console.log(`${name.padEnd(34)}${figure}`);
  const problem = problemOf(runs);
  if (problem !== undefined) {
    console.error(`Cannot trust the figures: ${problem}`);
    process.exitCode = 70;
  } else if (targets && spreadOf(runs.map(ofCpu)).median < TARGET_PER_SECOND) {
    console.error(
      `Missed the target: ${formatCount(TARGET_PER_SECOND)} requests per s of processor time`,
    );
    process.exitCode = 1;
  }
}

/** A run that is broken may well be a fast one. */
function problemOf(runs: readonly Measured[]): string | undefined {
  const hashes = new Set(runs.map(({ outcome }) => outcome.historySha256));
  if (hashes.size !== 1) return "the same plan gave different histories";
  const [first] = runs;
  const finding = first?.outcome.findings[0];
  if (finding !== undefined) return `the run found something: ${finding.detail}`;
  if (first?.outcome.verdict !== "valid") return `the run was ${first?.outcome.verdict}`;
  return undefined;
}

function spreadOf(figures: readonly number[]): {
  readonly median: number;
  readonly min: number;
  readonly max: number;
} {
  const sorted = [...figures].sort((left, right) => left - right);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: at(sorted.length >> 1), min: at(0), max: at(sorted.length - 1) };
}

/** Undefined where help was asked for; throws UsageError. */
function readOptions(): Options | undefined {
  const { help, operations, ...flags } = readFlags();
  if (help === true) return undefined;
  const count = operations === undefined ? OPERATIONS_DEFAULT : Number(operations);
  if (!Number.isSafeInteger(count) || count < 1 || count > OPERATIONS_MAX) {
    throw new UsageError(
      `Cannot use --operations ${operations}: allowed is a whole number of 1 to ${OPERATIONS_MAX}`,
    );
  }
  return { operations: count, targets: flags["no-targets"] !== true };
}

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: "boolean" },
        "no-targets": { type: "boolean" },
        operations: { type: "string" },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

await main();
