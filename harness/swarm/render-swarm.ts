import { formatCount, formatDuration, shorten } from "../report/format.ts";
import { printable } from "../report/terminal/printable.ts";
import { textTable } from "../report/terminal/text-table.ts";
import type { Verdict } from "../run/plan.ts";
import type { SwarmFinding, SwarmSummary } from "./swarm-summary.ts";

const FINDINGS_SHOWN_MAX = 10;
const SLOWEST_SHOWN_MAX = 3;
const VERDICTS: readonly Verdict[] = ["valid", "invalid", "unknown"];
const DETAIL_LENGTH_MAX = 400;

/** What a swarm says when it is over. Ends with a newline. */
export function renderSwarm(summary: SwarmSummary): string {
  const blocks = [
    sizeBlock(summary),
    verdictBlock(summary),
    pointsBlock(summary),
    findingsBlock(summary),
    [lastLine(summary)],
  ];
  const texts = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${texts.join("\n\n")}\n`;
}

function sizeBlock(summary: SwarmSummary): readonly string[] {
  const { seedFirst, seedsRun, virtualMs, realMs, jobs, operations, faults, slowest } = summary;
  const seeds = seedsRun === 0 ? "no seed" : `seeds ${seedFirst} to ${seedFirst + seedsRun - 1}`;
  const kinds = Object.entries(faults).map(([kind, count]) => `${kind} ${formatCount(count)}`);
  const slow = slowest
    .slice(0, SLOWEST_SHOWN_MAX)
    .map(({ seed, realMs: ms }) => `${seed} (${formatDuration(ms)})`);
  return [
    `${seeds}: ${formatDuration(virtualMs)} of virtual time in ${formatDuration(realMs)} on ${jobs} ${jobs === 1 ? "thread" : "threads"}`,
    `requests    ${formatCount(summary.requests)} to the store, ${formatCount(summary.requestsPerSecond)} a second`,
    `operations  ${formatCount(operations.attempted)} attempted: ${formatCount(operations.ok)} ok, ${formatCount(operations.fail)} fail, ${formatCount(operations.info)} info`,
    `faults      ${kinds.length === 0 ? "none" : kinds.join(", ")}`,
    ...(slow.length === 0 ? [] : [`slowest     ${slow.join(", ")}`]),
  ];
}

function verdictBlock({ verdicts, lost, forgottenRepeats }: SwarmSummary): readonly string[] {
  const rows = (["valid", "may-lose"] as const).map((expected) => [
    expected,
    ...VERDICTS.map((verdict) => formatCount(verdicts[expected][verdict])),
  ]);
  const titles = ["expected", ...VERDICTS];
  const columns = titles.map(
    (title, at) => ({ title, align: at === 0 ? "left" : "right" }) as const,
  );
  return [
    ...textTable(columns, rows),
    ...(lost === 0 ? [] : [`lost ${formatCount(lost)} acknowledged adds`]),
    ...forgottenLines(forgottenRepeats),
  ];
}

/** Of overwritten writes that came back where the store says that they may. */
export function forgottenLines(answers: number): readonly string[] {
  if (answers === 0) return [];
  const count = answers === 1 ? "1 answer" : `${formatCount(answers)} answers`;
  return [`${count} showed a write again that more others had followed than versions list (K-11)`];
}

function pointsBlock({ reached, unreached, requiredUnreached }: SwarmSummary): readonly string[] {
  const count = Object.keys(reached).length;
  if (count === 0 && unreached.length === 0) return [];
  return [
    `points of the catalogue: ${formatCount(count)} reached, ${formatCount(unreached.length)} not`,
    ...unreached.map(
      (name) => `  - ${printable(name)}${requiredUnreached.includes(name) ? " (required)" : ""}`,
    ),
  ];
}

function findingsBlock({ findings, seedsFailed }: SwarmSummary): readonly string[] {
  const kinds = [...Map.groupBy(findings, kindOf).values()];
  const shown = kinds.slice(0, FINDINGS_SHOWN_MAX);
  const rest = kinds.length - shown.length;
  return [
    ...(seedsFailed === 0
      ? []
      : [`${formatCount(seedsFailed)} ${seedsFailed === 1 ? "seed" : "seeds"} with findings`]),
    ...shown.flatMap(findingLines),
    ...(rest > 0 ? [`  … and ${formatCount(rest)} more in swarm.json`] : []),
  ];
}

/** Findings of one kind in one seed are shown once. */
function kindOf({ seed, check, anomaly }: SwarmFinding): string {
  return `${seed} ${check} ${anomaly}`;
}

/** The first finding of its kind in its seed, and how to see it again. */
function findingLines([finding, ...others]: readonly SwarmFinding[]): readonly string[] {
  if (finding === undefined) return [];
  const { seed, check, anomaly, detail, command, shrunkCommand } = finding;
  const more = others.length === 0 ? "" : ` (and ${formatCount(others.length)} more)`;
  return [
    `  - seed ${seed}: ${printable(check)}: ${printable(anomaly)}${more}`,
    `    ${shorten(printable(detail), DETAIL_LENGTH_MAX)}`,
    `    ${printable(command)}`,
    ...(shrunkCommand === undefined ? [] : [`    ${printable(shrunkCommand)}`]),
  ];
}

function lastLine({
  passed,
  finished,
  seedsRun,
  seedsFailed,
  requiredUnreached,
}: SwarmSummary): string {
  const early = finished ? "" : ", ended early";
  if (passed) return `${formatCount(seedsRun)} seeds without a finding${early}`;
  if (seedsFailed > 0)
    return `${formatCount(seedsFailed)} of ${formatCount(seedsRun)} seeds FAILED${early}`;
  return `FAILED: ${formatCount(requiredUnreached.length)} required points were never reached`;
}
