import { realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { renderIndexPage } from "../report/index-page.ts";
import { writeWhole } from "../run/result-folder.ts";
import type { Summary } from "../run/summary.ts";
import { RESULTS_FOLDER } from "./bench.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./exit-status.ts";
import { findRuns } from "./find-runs.ts";
import type { Flag } from "./flags.ts";
import { helpOf, readFlags } from "./flags.ts";
import { judgeRun, SUMMARY_FILE, writeReport } from "./judge-run.ts";
import { readFormat, readStoredRun } from "./stored-run.ts";

const FLAGS: Readonly<Record<string, Flag>> = {
  out: { value: "DIR", help: `folder of all results (default ${RESULTS_FOLDER})` },
};

/** `npm run report`: the report of one run again, and the index over all. */
export const report: Command = {
  help: `Builds the report of a run again, and the index over all runs.

  npm run report -- [PATH] [flags]

  PATH    the folder of a run (default: the latest)
${helpOf(FLAGS)}

Exit status: 0 done, 64 no run or one that cannot be read.
`,
  async run(args, { output }) {
    const { values, positionals } = readFlags(args, FLAGS, 1);
    const { out } = values;
    const results = resolve(typeof out === "string" ? out : RESULTS_FOLDER);
    const [asked] = positionals;
    const folder = await realpath(asked ?? join(results, "latest")).catch(() => {
      throw new UsageError(
        `Cannot build a report: there is no run at ${asked ?? join(results, "latest")}`,
      );
    });
    const stored = await readStoredRun(folder);
    const isJudged = await stat(join(folder, SUMMARY_FILE)).catch(() => undefined);
    if (isJudged === undefined) await judgeRun(folder, stored);
    const summary = (await readFormat(folder, SUMMARY_FILE, "ringside-summary")) as Summary;
    output.write(`${await writeReport(folder, stored, summary)}\n`);

    const all = asked === undefined ? results : dirname(dirname(folder));
    const index = join(all, "index.html");
    await writeWhole(index, renderIndexPage(await findRuns(all)));
    output.write(`${index}\n`);
    return 0;
  },
};
