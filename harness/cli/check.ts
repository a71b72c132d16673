import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CausalitySample } from "../report/causality-table.ts";
import { renderCausalityTable } from "../report/causality-table.ts";
import { formatCount } from "../report/format.ts";
import type { ExperimentResult } from "../report/junit.ts";
import { isMet, renderJunit } from "../report/junit.ts";
import type { LossSample } from "../report/loss-table.ts";
import { renderLossTable, renderVerdictTable } from "../report/loss-table.ts";
import type { Plan, Verdict } from "../run/plan.ts";
import { SECONDS_MAX } from "../run/read-plan.ts";
import { writeWhole } from "../run/result-folder.ts";
import { RESULTS_FOLDER } from "./bench.ts";
import type { Command, CommandContext } from "./command.ts";
import { executeRun } from "./execute-run.ts";
import { EXIT_BY_VERDICT, EXIT_INTERRUPTED, UsageError } from "./exit-status.ts";
import type { Flag, FlagValues } from "./flags.ts";
import { helpOf, readFlags, someOf, wholeNumber } from "./flags.ts";
import { parsePlan } from "./parse-plan.ts";

/** A plan's flags and the verdict it must come out with, for every seed. */
export interface Experiment {
  readonly name: string;
  readonly flags: readonly string[];
  readonly expected: Verdict;
  /** False: runs only where `--only` names it. */
  readonly byDefault: boolean;
}

/** A load that a machine of two cores carries beside five nodes that sync: a backlog would prove nothing. */
const SHARED_FLAGS = ["--rate", "200"];

/** Three nodes coordinate a key of N=3 while all are well, so a threshold of 10 would never be reached. */
const CUT_FLAGS = ["--truncate", "exceeds", "--clock-entries-max", "2"];

/** The versioning modes that lose writes are here to show that the harness sees it. */
export const EXPERIMENTS: readonly Experiment[] = [
  { name: "default", flags: [], expected: "valid", byDefault: true },
  lossy("lww", "lww", true),
  lossy("lww-hybrid", "lww-hybrid", false),
  lossy("vector-clock", "vector-clock", true),
  lossy("vector-clock-max", "vector-clock-max", true),
  // The paper's clocks need no fault to lose a write, only two clients and one coordinator (K-1, K-2).
  lossy("vector-clock-calm", "vector-clock", false, ["--nemesis", "none"]),
  lossy("vector-clock-max-calm", "vector-clock-max", false, ["--nemesis", "none"]),
  // Clocks that are cut forget what they replaced (K-8): more false siblings, and no loss where there was none.
  { name: "merged", flags: ["--versioning", "merged"], expected: "valid", byDefault: false },
  {
    name: "merged-cut",
    flags: ["--versioning", "merged", ...CUT_FLAGS],
    expected: "valid",
    byDefault: false,
  },
  lossy("vector-clock-max-cut", "vector-clock-max", false, CUT_FLAGS),
  // Clocks off by seconds to an hour, beyond what hybrid ones follow (K-14).
  lossy("lww-skew", "lww", false, ["--nemesis", "clock"]),
  lossy("lww-hybrid-skew", "lww-hybrid", false, ["--nemesis", "clock"]),
  // Nothing here destroys data, so that one synced copy is enough; reads that miss it only come late.
  { name: "w1", flags: ["--w", "1"], expected: "valid", byDefault: false },
];

type Sample = LossSample & CausalitySample;

const CLUSTERS = ["sim", "processes", "docker"] as const satisfies readonly Plan["cluster"][];
type CheckedCluster = (typeof CLUSTERS)[number];

function lossy(
  name: string,
  versioning: string,
  byDefault: boolean,
  flags: readonly string[] = [],
): Experiment {
  return { name, flags: ["--versioning", versioning, ...flags], expected: "invalid", byDefault };
}

const SEEDS_MAX = 1_000;
const SECONDS_DEFAULT = 20;
const SECONDS_MIN = 10;

const FLAGS: Readonly<Record<string, Flag>> = {
  seeds: {
    value: "COUNT",
    help: `seeds 1 to COUNT for each experiment, 1 to ${SEEDS_MAX} (default 2)`,
  },
  seconds: {
    value: "S",
    help: `length of each run, ${SECONDS_MIN} to ${SECONDS_MAX} (default ${SECONDS_DEFAULT})`,
  },
  only: {
    value: "NAMES",
    help: `some of ${EXPERIMENTS.map(({ name }) => name).join(",")}, separated by commas (default the first ${EXPERIMENTS.filter(({ byDefault }) => byDefault).length}; calm means without faults)`,
  },
  clusters: {
    value: "DRIVERS",
    help: `some of ${CLUSTERS.join(",")}, separated by commas: each experiment on each (default processes)`,
  },
  out: { value: "DIR", help: `folder of all results (default ${RESULTS_FOLDER})` },
};

/** `npm run check`: experiments with expected verdicts, one after another. */
export const check: Command = {
  help: `The correctness suite: runs experiments whose verdict is known beforehand, one after another.

  npm run check -- [flags]

${helpOf(FLAGS)}

Leaves check.xml (JUnit) and check.md in the folder of results.
Exit status: 0 every verdict as expected, 1 one differs, 64 bad use, 70 the harness itself broke, 130 interrupted.
`,
  async run(args, context) {
    const { values } = readFlags(args, FLAGS);
    const { out } = values;
    const results = typeof out === "string" ? out : RESULTS_FOLDER;
    const experiments: ExperimentResult[] = [];
    const samples: Sample[] = [];
    for (const { experiment, ...where } of runsOf(values)) {
      const outcome = await runOne(experiment, { ...where, results, context });
      if (outcome === undefined) return EXIT_INTERRUPTED;
      experiments.push(outcome.result);
      samples.push(outcome.sample);
      await writeSummaries(results, experiments, samples);
      context.output.write(`${sentenceOf(outcome.result)}\n`);
    }
    const unmet = experiments.filter((each) => !isMet(each));
    context.output.write(`\n${renderTables(samples)}\n`);
    context.output.write(
      `${join(results, "check.xml")}: ${formatCount(experiments.length - unmet.length)} of ${formatCount(experiments.length)} as expected\n`,
    );
    return unmet.length === 0 ? EXIT_BY_VERDICT.valid : EXIT_BY_VERDICT.invalid;
  },
};

interface PlannedRun {
  readonly experiment: Experiment;
  readonly cluster: CheckedCluster;
  readonly seed: number;
  readonly seconds: number;
}

function runsOf(values: FlagValues): readonly PlannedRun[] {
  const seeds = wholeNumber(values, "seeds", { min: 1, max: SEEDS_MAX, byDefault: 2 });
  const seconds = wholeNumber(values, "seconds", {
    min: SECONDS_MIN,
    max: SECONDS_MAX,
    byDefault: SECONDS_DEFAULT,
  });
  const clusters = someOf(values, "clusters", CLUSTERS) ?? ["processes"];
  return chosenExperiments(values).flatMap((experiment) =>
    clusters.flatMap((cluster) =>
      Array.from({ length: seeds }, (_, index) => ({
        experiment,
        cluster,
        seed: index + 1,
        seconds,
      })),
    ),
  );
}

function chosenExperiments({ only }: FlagValues): readonly Experiment[] {
  if (typeof only !== "string") return EXPERIMENTS.filter(({ byDefault }) => byDefault);
  const names = only.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !EXPERIMENTS.some((each) => each.name === name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot use --only ${JSON.stringify(unknown)}: allowed is ${EXPERIMENTS.map(({ name }) => name).join(", ")}, separated by commas`,
    );
  }
  return EXPERIMENTS.filter(({ name }) => names.includes(name));
}

/** Undefined where it was interrupted. */
async function runOne(
  { name, flags, expected }: Experiment,
  options: Omit<PlannedRun, "experiment"> & {
    readonly results: string;
    readonly context: CommandContext;
  },
): Promise<{ readonly result: ExperimentResult; readonly sample: Sample } | undefined> {
  const { cluster, seed, seconds, results, context } = options;
  const where = ["--cluster", cluster, "--seed", `${seed}`, "--seconds", `${seconds}`];
  const plan = parsePlan([...SHARED_FLAGS, ...flags, ...where], seed);
  const startMs = performance.now();
  const { output, signal } = context;
  const run = await executeRun(plan, { out: results, keep: false, signal, output });
  if (run.interrupted) return undefined;
  const { folder, summary } = run;
  return {
    result: {
      name: `${name} ${cluster} seed ${seed}`,
      expected,
      verdict: summary.verdict,
      seconds: (performance.now() - startMs) / 1_000,
      reasons: summary.reasons,
      folder,
    },
    sample: { mode: name, cluster, summary },
  };
}

async function writeSummaries(
  results: string,
  experiments: readonly ExperimentResult[],
  samples: readonly Sample[],
): Promise<void> {
  await mkdir(results, { recursive: true });
  await writeWhole(join(results, "check.xml"), renderJunit("check", experiments));
  const lines = experiments.map((each) => `- ${sentenceOf(each)}`);
  const text = `# Check\n\n${lines.join("\n")}\n\n${renderTables(samples)}\n`;
  await writeWhole(join(results, "check.md"), text);
}

/** Side by side only where there is more than one side. */
function renderTables(samples: readonly Sample[]): string {
  const clusters = new Set(samples.map(({ cluster }) => cluster));
  const losses = clusters.size > 1 ? renderVerdictTable(samples) : renderLossTable(samples);
  return `${losses}\n${renderCausalityTable(samples)}`;
}

function sentenceOf(experiment: ExperimentResult): string {
  const { name, verdict, expected, folder } = experiment;
  const word = isMet(experiment) ? "as expected" : `NOT as expected (${expected})`;
  return `${name}: ${verdict}, ${word}, ${folder}`;
}
