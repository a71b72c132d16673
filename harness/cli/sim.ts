import { availableParallelism } from "node:os";
import { join } from "node:path";
import { CATALOGUE } from "../../src/env/catalogue.ts";
import { PlanFileError } from "../run/plan-fields.ts";
import { makeFolder, writeWhole } from "../run/result-folder.ts";
import { CORPUS_FOLDER } from "../swarm/corpus.ts";
import { readPlanFile } from "../swarm/plan-file.ts";
import { planOfSeed } from "../swarm/plan-of-seed.ts";
import { Pool } from "../swarm/pool.ts";
import { PoolError } from "../swarm/pool-worker.ts";
import { renderSwarm } from "../swarm/render-swarm.ts";
import { runSwarm } from "../swarm/swarm.ts";
import type { CataloguePoint } from "../swarm/swarm-summary.ts";
import { RESULTS_FOLDER } from "./bench.ts";
import type { Command, CommandContext } from "./command.ts";
import { EXIT_BY_VERDICT, EXIT_INTERRUPTED, UsageError } from "./exit-status.ts";
import { helpOf } from "./flags.ts";
import { compareReplays, runCorpus } from "./sim-checks.ts";
import type { SimFlags, SimWish } from "./sim-flags.ts";
import { parseSimFlags, SIM_FLAGS } from "./sim-flags.ts";
import { swarmProgress } from "./sim-progress.ts";
import { replay } from "./sim-replay.ts";

export interface SimParts {
  /** URL of the module that exports `runSimulation`. */
  readonly runModule: string;
  /** Of the assertion catalogue. */
  readonly points: readonly CataloguePoint[];
  /** The folder of seeds that once found something. */
  readonly corpus: string;
}

const PARTS: SimParts = {
  runModule: new URL("../swarm/run-simulation.ts", import.meta.url).href,
  points: CATALOGUE,
  corpus: CORPUS_FOLDER,
};

/** `npm run sim`: whole clusters in one process, in virtual time, from one seed. */
export const sim: Command = simCommand(PARTS);

/** The command over any run module: tests have one without a simulator. */
export function simCommand(parts: SimParts): Command {
  return {
    help: `Simulates whole clusters in virtual time, many seeds with all kinds of faults, and checks each with a full view.

  npm run sim -- [flags]

${helpOf(SIM_FLAGS)}

A swarm leaves sim/swarm.json in the folder of results, and a smaller plan for what it found.
Exit status: 0 no findings, 1 findings or required points never reached, 64 bad use, 70 the harness itself broke, 130 interrupted.
`,
    async run(args, context) {
      const flags = parseSimFlags(args, { jobs: availableParallelism(), out: RESULTS_FOLDER });
      const pool = new Pool({
        runModule: parts.runModule,
        jobs: flags.jobs,
        timeoutMs: flags.timeoutMs,
      });
      const interrupt = () => void pool.close();
      context.signal.addEventListener("abort", interrupt);
      try {
        const passed = await carryOut(flags, { ...parts, pool, context });
        if (context.signal.aborted) return EXIT_INTERRUPTED;
        return passed ? EXIT_BY_VERDICT.valid : EXIT_BY_VERDICT.invalid;
      } catch (error) {
        if (error instanceof PlanFileError) throw new UsageError(error.message);
        if (error instanceof PoolError && context.signal.aborted) return EXIT_INTERRUPTED;
        throw error;
      } finally {
        context.signal.removeEventListener("abort", interrupt);
        await pool.close();
      }
    },
  };
}

interface Surroundings extends SimParts {
  readonly pool: Pool;
  readonly context: CommandContext;
}

/** Resolves to whether all is as it should be. */
async function carryOut({ wish, out }: SimFlags, around: Surroundings): Promise<boolean> {
  const { pool, context } = around;
  const { output } = context;
  switch (wish.mode) {
    case "swarm":
      return swarm(wish, out, around);
    case "seed":
      return replay(planOfSeed(wish.seed), { pool, out, trace: wish.trace, output });
    case "plan":
      return replay(await readPlanFile(wish.file), { pool, out, trace: wish.trace, output });
    case "corpus":
      return runCorpus(around.corpus, { pool, output, json: wish.json });
    case "hashes":
      return compareReplays(wish.count, { pool, output });
  }
}

async function swarm(
  wish: SimWish & { readonly mode: "swarm" },
  out: string,
  { pool, points, context: { output, signal } }: Surroundings,
): Promise<boolean> {
  const progress = swarmProgress(output);
  const folder = join(out, "sim");
  const { seedFirst, seeds, forMs, stopAtFirst } = wish;
  // A folder that cannot be made must not be found out hours later.
  await makeFolder(folder);
  const summary = await runSwarm(pool, {
    seedFirst,
    seeds,
    forMs,
    stopAtFirst,
    shrinkTo: wish.shrink ? folder : undefined,
    points,
    signal,
    onProgress: progress.update,
    onNote: progress.note,
  });
  progress.end();
  // Before anything is written: a table that was printed is not lost with a full disk.
  output.write(`\n${renderSwarm(summary)}`);
  const text = `${JSON.stringify(summary, undefined, 2)}\n`;
  await writeWhole(join(folder, "swarm.json"), text);
  if (wish.json !== undefined) await writeWhole(wish.json, text);
  return summary.passed;
}
