import { resolve } from "node:path";
import { renderSummary } from "../report/terminal/render-summary.ts";
import type { Command } from "./command.ts";
import { EXIT_BY_VERDICT, UsageError } from "./exit-status.ts";
import { helpOf, readFlags } from "./flags.ts";
import { judgeRun } from "./judge-run.ts";
import { readStoredRun } from "./stored-run.ts";

/** `npm run analyze`: checks a stored run again. */
export const analyzeCommand: Command = {
  help: `Checks a stored run again, from the files in its folder, and writes its summary and report anew.

  npm run analyze -- PATH

  PATH    the folder of a run, for example results/latest
${helpOf({})}

Exit status: 0 valid, 1 invalid, 2 unknown, 64 no run or one that cannot be read.
`,
  async run(args, { output }) {
    const { positionals } = readFlags(args, {}, 1);
    const [path] = positionals;
    if (path === undefined) throw new UsageError("Cannot analyze: PATH is missing");
    const folder = resolve(path);
    const stored = await readStoredRun(folder);
    if (stored.truncated !== undefined) output.write(`${stored.truncated}\n`);
    const summary = await judgeRun(folder, stored);
    output.write(`${renderSummary(summary, { colour: output.colour })}\n`);
    output.write(`${path}: ${summary.verdict}\n`);
    return EXIT_BY_VERDICT[summary.verdict];
  },
};
