/** Many seeds, one after another on every thread, and what they came to. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writePlanFile } from "./plan-file.ts";
import { planOfSeed } from "./plan-of-seed.ts";
import type { Pool } from "./pool.ts";
import type { PooledRun } from "./pool-worker.ts";
import { PoolError } from "./pool-worker.ts";
import { shrink } from "./shrink.ts";
import type { SimPlan } from "./sim-plan.ts";
import type { CataloguePoint, SwarmFinding, SwarmSummary } from "./swarm-summary.ts";
import { SwarmTally } from "./swarm-summary.ts";

export interface SwarmOptions {
  readonly seedFirst: number;
  /** How many seeds; undefined: as many as fit into `forMs`. */
  readonly seeds: number | undefined;
  /** No seed begins later than this, in real milliseconds; undefined: no bound. */
  readonly forMs: number | undefined;
  readonly stopAtFirst: boolean;
  /** The folder that takes shrunk plans; undefined: nothing is shrunk. */
  readonly shrinkTo: string | undefined;
  readonly points: readonly CataloguePoint[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SwarmProgress) => void;
  readonly onNote: (sentence: string) => void;
}

export interface SwarmProgress {
  readonly seedsRun: number;
  readonly seeds: number | undefined;
  readonly elapsedMs: number;
  readonly forMs: number | undefined;
  readonly requests: number;
  readonly virtualMs: number;
  readonly seedsFailed: number;
}

const SHRUNK_MAX = 4;
const SHRINK_RUNS_MAX = 300;
const SHRINK_MS_MAX = 120_000;

/** Rejects with PoolError where no thread can be started; an interrupted swarm resolves with what it has. */
export async function runSwarm(pool: Pool, options: SwarmOptions): Promise<SwarmSummary> {
  const startMs = performance.now();
  const tally = new SwarmTally();
  const {
    seedFirst,
    seeds = Number.POSITIVE_INFINITY,
    forMs = Number.POSITIVE_INFINITY,
    signal,
  } = options;
  let next = seedFirst;
  const isOver = () =>
    signal.aborted ||
    next >= seedFirst + seeds ||
    performance.now() - startMs >= forMs ||
    (options.stopAtFirst && tally.seedsFailed > 0);
  const lane = async (): Promise<void> => {
    while (!isOver()) {
      const seed = next;
      next += 1;
      const done = await orInterrupted(pool.run(planOfSeed(seed)), signal);
      if (done === undefined) return;
      tally.add(done);
      for (const { check, anomaly } of done.outcome.findings.slice(0, 1)) {
        options.onNote(`seed ${seed}: ${check}: ${anomaly}`);
      }
      options.onProgress({
        seedsRun: tally.seedsRun,
        seeds: options.seeds,
        elapsedMs: performance.now() - startMs,
        forMs: options.forMs,
        requests: tally.requests,
        virtualMs: tally.virtualMs,
        seedsFailed: tally.seedsFailed,
      });
    }
  };
  await Promise.all(Array.from({ length: pool.jobs }, lane));
  const stopped = options.stopAtFirst && tally.seedsFailed > 0;
  const summary = tally.summary({
    seedFirst,
    finished: !signal.aborted && !stopped,
    jobs: pool.jobs,
    realMs: performance.now() - startMs,
    points: options.points,
  });
  if (options.shrinkTo === undefined) return summary;
  return {
    ...summary,
    findings: await shrinkAll(pool, summary.findings, options.shrinkTo, options),
  };
}

/** Undefined where the run was ended by an interruption. */
async function orInterrupted(
  run: Promise<PooledRun>,
  signal: AbortSignal,
): Promise<PooledRun | undefined> {
  try {
    return await run;
  } catch (error) {
    if (signal.aborted && error instanceof PoolError) return undefined;
    throw error;
  }
}

/**
 * The first finding of each kind, on all threads; the others of its kind are most likely the same bug, and so is a second
 * anomaly that one check found in one seed.
 */
async function shrinkAll(
  pool: Pool,
  findings: readonly SwarmFinding[],
  folder: string,
  { signal, onNote }: Pick<SwarmOptions, "signal" | "onNote">,
): Promise<readonly SwarmFinding[]> {
  const firsts = findings.filter(({ seed, check, anomaly }, at) => {
    const earlier = findings
      .slice(0, at)
      .filter((other) => other.check === check)
      .some((other) => other.anomaly === anomaly || other.seed === seed);
    return !earlier;
  });
  const commands = new Map<SwarmFinding, string>();
  await Promise.all(
    firsts.slice(0, SHRUNK_MAX).map(async (finding) => {
      const path = await shrinkOne(pool, finding, folder, { signal, onNote });
      if (path !== undefined) commands.set(finding, `npm run sim -- --plan ${path}`);
    }),
  );
  return findings.map((finding) => {
    const shrunkCommand = commands.get(finding);
    return shrunkCommand === undefined ? finding : { ...finding, shrunkCommand };
  });
}

/** Resolves to where the smaller plan is. */
async function shrinkOne(
  pool: Pool,
  finding: SwarmFinding,
  folder: string,
  { signal, onNote }: Pick<SwarmOptions, "signal" | "onNote">,
): Promise<string | undefined> {
  const endMs = performance.now() + SHRINK_MS_MAX;
  const plan = planOfSeed(finding.seed);
  const run = async (smaller: SimPlan) => (await pool.run(smaller)).outcome;
  try {
    const shrunk = await shrink(plan, {
      run,
      finding,
      runsMax: SHRINK_RUNS_MAX,
      isOver: () => signal.aborted || performance.now() >= endMs,
    });
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${finding.seed}-${fileName(finding.check)}.plan.json`);
    await writePlanFile(path, shrunk.plan);
    onNote(
      `seed ${finding.seed}: shrunk from ${plan.faults.length} to ${shrunk.plan.faults.length} faults in ${shrunk.runs} runs: ${path}`,
    );
    return path;
  } catch (error) {
    if (signal.aborted && error instanceof PoolError) return undefined;
    throw error;
  }
}

/** A check's name as part of a file name, whatever is in it. */
function fileName(check: string): string {
  return check.replaceAll(/[^\w-]+/g, "-");
}
