import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { killTable, killTableMarkdown, liveLine } from "../swarm/mutants/kill-table.ts";
import type { KnownKill } from "../swarm/mutants/known-kills.ts";
import { KnownKillsError, readKnownKills } from "../swarm/mutants/known-kills.ts";
import type { MutantResult } from "../swarm/mutants/mutant-result.ts";
import { scoreOf } from "../swarm/mutants/mutant-result.ts";
import type { Mutant } from "../swarm/mutants/parse-mutant.ts";
import { readMutants } from "../swarm/mutants/read-mutants.ts";
import type { RunCopy } from "../swarm/mutants/run-copy.ts";
import { runSwarmIn } from "../swarm/mutants/run-copy.ts";
import { runMutants } from "../swarm/mutants/run-mutants.ts";
import type { Command } from "./command.ts";
import { EXIT_INTERRUPTED, UsageError } from "./exit-status.ts";
import type { Flag } from "./flags.ts";
import { helpOf, readFlags, someOf, wholeNumber } from "./flags.ts";

const SEEDS_DEFAULT = 200;
/** Most time for the swarm of one copy. */
const COPY_TIMEOUT_MS = 30 * 60_000;
const EXIT_TOO_FEW_KILLED = 1;

const FLAGS: Readonly<Record<string, Flag>> = {
  only: { value: "NAME,NAME", help: "these mutants instead of all" },
  seeds: { value: "N", help: `most seeds a mutant may survive (${SEEDS_DEFAULT})` },
  jobs: { value: "N", help: "copies at work at once (one a core)" },
  known: {
    value: "FILE",
    help: "mutants.json of an earlier run: what killed a mutant then comes first",
  },
  out: { value: "FOLDER", help: "where mutants.json and mutants.md go (results/mutants)" },
};

/** `npm run mutants` on the checkout at `root`. */
export function mutantsCommand(root: string, runCopy: RunCopy = runSwarmIn): Command {
  return {
    help: `Plants small faults in copies of the store, one a copy, and lets the simulation's swarm look for each.

  npm run mutants -- [flags]

${helpOf(FLAGS)}

The swarm must be silent about the unchanged copy and find something in every other. The faults are the patches in
harness/mutants, whose README tells how to write one.

Exit status: 0 at least 95 % killed of those not shown to be equivalent, 1 fewer, 64 bad use, 70 the suite itself broke or
the unchanged copy is not clean, 130 interrupted.
`,
    async run(args, { output, signal }) {
      const { values } = readFlags(args, FLAGS);
      const all = await readMutants(root);
      const names = someOf(
        values,
        "only",
        all.map(({ name }) => name),
      );
      const mutants = all.filter(({ name }) => names?.includes(name) ?? true);
      const range = { min: 1, max: 1_000_000 };
      const seeds = wholeNumber(values, "seeds", { ...range, byDefault: SEEDS_DEFAULT });
      const jobs = wholeNumber(values, "jobs", {
        min: 1,
        max: 256,
        byDefault: availableParallelism(),
      });
      const out = resolve(typeof values["out"] === "string" ? values["out"] : "results/mutants");
      output.write(
        `The unchanged copy first, then ${mutants.length} mutants, ${jobs} at a time.\n`,
      );
      const known = await knownKills(values["known"]);
      const onResult = (result: MutantResult): void => output.write(`${liveLine(result)}\n`);
      const options = { seeds, known, jobs, timeoutMs: COPY_TIMEOUT_MS, signal };
      const results = await runMutants({ root, runCopy, onResult }, mutants, options);
      if (signal.aborted) return EXIT_INTERRUPTED;
      const isByKnown = known.size > 0;
      await writeResults(out, { seeds, isByKnown, mutants, results });
      output.write(`\n${killTable(results)}`);
      return scoreOf(results).isEnough ? 0 : EXIT_TOO_FEW_KILLED;
    },
  };
}

export const mutants: Command = mutantsCommand(resolve(import.meta.dirname, "../.."));

async function knownKills(
  file: string | true | undefined,
): Promise<ReadonlyMap<string, KnownKill>> {
  if (typeof file !== "string") return new Map();
  try {
    return await readKnownKills(file);
  } catch (error) {
    if (error instanceof KnownKillsError) throw new UsageError(error.message);
    throw error;
  }
}

interface Judged {
  readonly seeds: number;
  /** Seeds that had killed a mutant before came first. */
  readonly isByKnown: boolean;
  readonly mutants: readonly Mutant[];
  readonly results: readonly MutantResult[];
}

async function writeResults(folder: string, judged: Judged): Promise<void> {
  const { seeds, isByKnown, mutants, results } = judged;
  const promises = new Map(mutants.map(({ name, breaks }) => [name, breaks]));
  const report = {
    format: "ringside-mutants",
    version: 1,
    seeds,
    isByKnown,
    score: scoreOf(results),
    results: results.map((result) => ({ ...result, breaks: promises.get(result.name) })),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "mutants.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(folder, "mutants.md"), killTableMarkdown(results, { seeds, isByKnown }));
}
