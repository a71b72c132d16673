/** What `sim` runs besides swarms and single replays: the corpus, and the check that a seed is all there is to a run. */

import { basename } from "node:path";
import { formatCount, formatDuration } from "../report/format.ts";
import { printable } from "../report/terminal/printable.ts";
import { writeWhole } from "../run/result-folder.ts";
import { readCorpus, replayCorpus } from "../swarm/corpus.ts";
import { planOfSeed } from "../swarm/plan-of-seed.ts";
import type { Pool } from "../swarm/pool.ts";
import type { SimPlan } from "../swarm/sim-plan.ts";
import type { Output } from "./output.ts";

interface CheckParts {
  readonly pool: Pool;
  readonly output: Output;
}

interface CompareParts extends CheckParts {
  readonly draw?: (seed: number) => SimPlan;
}

interface CorpusParts extends CheckParts {
  /** Where what was found again goes as JSON. */
  readonly json?: string | undefined;
}

/** Resolves to whether no entry of the corpus finds anything. Rejects with PlanFileError where one cannot be read. */
export async function runCorpus(
  folder: string,
  { pool, output, json }: CorpusParts,
): Promise<boolean> {
  const entries = await readCorpus(folder);
  const results = await replayCorpus(entries, {
    run: (plan) => pool.run(plan),
    jobs: pool.jobs,
    onResult({ entry, outcome, realMs }) {
      const [finding] = outcome.findings;
      const word =
        finding === undefined
          ? "nothing found"
          : `FOUND AGAIN: ${finding.check}: ${finding.anomaly}`;
      output.write(
        `${printable(`${entry.file} (${formatDuration(realMs)}): ${word}; was: ${entry.found}`)}\n`,
      );
    },
  });
  const silent = results.filter(({ outcome }) => outcome.findings.length === 0).length;
  output.write(
    `${formatCount(silent)} of ${formatCount(entries.length)} seeds of the corpus find nothing\n`,
  );
  if (json !== undefined) {
    const found = results.flatMap(({ entry, outcome }) =>
      outcome.findings.map(({ check, anomaly }) => ({
        plan: basename(entry.file),
        check,
        anomaly,
      })),
    );
    const report = { format: "ringside-corpus", version: 1, plansRun: results.length, found };
    await writeWhole(json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  return silent === entries.length;
}

/**
 * Runs seeds 1 to `count` twice each, as likely on another thread as on the same one, and compares the histories. Resolves
 * to whether each seed gave the same one twice and no two seeds the same.
 */
export async function compareReplays(
  count: number,
  { pool, output, draw = planOfSeed }: CompareParts,
): Promise<boolean> {
  const hashes: string[] = [];
  let same = 0;
  for (let seed = 1; seed <= count; seed += 1) {
    const plan = draw(seed);
    const [first, second] = await Promise.all([pool.run(plan), pool.run(plan)]);
    const pair = [first.outcome.historySha256, second.outcome.historySha256] as const;
    const isSame = pair[0] !== "" && pair[0] === pair[1];
    if (isSame) same += 1;
    hashes.push(pair[0]);
    output.write(
      `${seed} ${isSame ? pair[0] : `${pair[0] || "none"} ${pair[1] || "none"} DIFFER`}\n`,
    );
  }
  const different = new Set(hashes).size === count;
  const end = different ? "all different" : "NOT all different";
  output.write(
    `${formatCount(same)} of ${formatCount(count)} seeds replay to the same history, ${end}\n`,
  );
  return same === count && different;
}
