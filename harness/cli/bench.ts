import { randomInt } from "node:crypto";
import { join } from "node:path";
import { renderSummary } from "../report/terminal/render-summary.ts";
import type { Command } from "./command.ts";
import { completeFlags } from "./complete-flags.ts";
import { executeRun } from "./execute-run.ts";
import { EXIT_BY_VERDICT, EXIT_INTERRUPTED } from "./exit-status.ts";
import type { Flag } from "./flags.ts";
import { helpOf, readFlags } from "./flags.ts";
import { REPORT_FILE } from "./judge-run.ts";
import { PLAN_FLAGS, planOf } from "./parse-plan.ts";

/** Seeds drawn by default stay short enough to be read aloud. */
const RANDOM_SEED_BELOW = 2 ** 31;
export const RESULTS_FOLDER = "results";

const FLAGS: Readonly<Record<string, Flag>> = {
  ...PLAN_FLAGS,
  out: { value: "DIR", help: `folder of all results (default ${RESULTS_FOLDER})` },
  keep: { help: "leave the nodes' data and configurations in place" },
};

/** `npm run bench`: one run. */
export const bench: Command = {
  help: `Starts a cluster behind Toxiproxy, runs a workload while the network is cut, and checks what clients saw.

  npm run bench -- [flags]

${helpOf(FLAGS)}

Exit status: 0 valid, 1 invalid, 2 unknown, 64 bad use, 70 the harness itself broke, 130 interrupted.
`,
  async run(args, { output, signal }) {
    const { values } = readFlags(args, FLAGS);
    const seed = randomInt(RANDOM_SEED_BELOW);
    const plan = planOf(await completeFlags(values, seed), seed);
    const { out } = values;
    const { folder, summary, interrupted } = await executeRun(plan, {
      out: typeof out === "string" ? out : RESULTS_FOLDER,
      keep: values["keep"] === true,
      signal,
      output,
    });
    const reportPath = join(folder, REPORT_FILE);
    output.write(`\n${renderSummary(summary, { colour: output.colour, reportPath })}\n`);
    output.write(`${folder}: ${interrupted ? "interrupted, " : ""}${summary.verdict}\n`);
    return interrupted ? EXIT_INTERRUPTED : EXIT_BY_VERDICT[summary.verdict];
  },
};
