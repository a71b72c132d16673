import type { MutantResult } from "./mutant-result.ts";
import { scoreOf } from "./mutant-result.ts";
import type { SwarmFinding } from "./run-copy.ts";

/** One line about one mutant, to be shown as it comes. */
export function liveLine(result: MutantResult): string {
  return `${result.outcome.padEnd(OUTCOME_WIDTH)}  ${result.name}: ${fateOf(result)}`;
}

/** All mutants as a table for a terminal, and the score below it. */
export function killTable(results: readonly MutantResult[]): string {
  const rows = [HEADINGS, ...results.map(cellsOf)];
  const widths = HEADINGS.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n\n${scoreLine(results)}\n`;
}

/** The same as Markdown, with all that is said about the mutants that were not killed. */
export function killTableMarkdown(
  results: readonly MutantResult[],
  { seeds, isByKnown }: { readonly seeds: number; readonly isByKnown: boolean },
): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const lines = [
    "# Mutants",
    "",
    `${scoreLine(results)} At most ${seeds} seeds each.${isByKnown ? KNOWN_FIRST : ""}`,
    "",
    row(HEADINGS),
    row(HEADINGS.map(() => "---")),
    ...results.map((result) => row(cellsOf(result))),
  ];
  const others = results.filter(({ outcome }) => outcome !== "killed");
  if (others.length > 0) {
    lines.push("", "## Not killed", "");
    lines.push(...others.map((each) => `- ${each.name} (${each.outcome}): ${fateOf(each)}`));
  }
  return `${lines.join("\n")}\n`;
}

function scoreLine(results: readonly MutantResult[]): string {
  const { killed, byCorpusAlone, withoutCheck, judged, share, isEnough } = scoreOf(results);
  const percent = (100 * share).toFixed(1);
  const accidents = withoutCheck === 0 ? "" : `, ${withoutCheck} of them by a crash or a hang only`;
  const more = byCorpusAlone === 0 ? "" : `, ${byCorpusAlone} more by the corpus alone`;
  const verdict = isEnough ? "enough" : "too few";
  return `${killed} of ${judged} mutants killed (${percent} %)${accidents}${more}: ${verdict}.`;
}

const KNOWN_FIRST =
  " The seed that had killed a mutant before came first: a lower one may kill it as well.";
const HEADINGS = ["mutant", "what", "killed by", "seeds", "seconds"] as const;
const OUTCOME_WIDTH = "equivalent".length;

function cellsOf(result: MutantResult): readonly string[] {
  const { name, what, outcome, killedBy, seedsRun, seconds } = result;
  const by =
    killedBy === undefined
      ? outcome
      : `${killedBy.check}/${killedBy.anomaly}${killedBy.plan === undefined ? "" : ` (${killedBy.plan})`}`;
  return [name, what, by, String(killedBy?.seed ?? seedsRun), seconds.toFixed(1)];
}

function fateOf({ killedBy, seedsRun, seconds, reason }: MutantResult): string {
  const effort = `${seedsRun} seed${seedsRun === 1 ? "" : "s"}, ${seconds.toFixed(1)} s`;
  if (killedBy !== undefined) {
    return `${killedBy.check} (${killedBy.anomaly})${placeOf(killedBy)}, ${effort}`;
  }
  return reason === undefined ? effort : `${reason} (${effort})`;
}

function placeOf({ seed, plan }: SwarmFinding): string {
  if (plan !== undefined) return ` by ${plan} of the corpus`;
  return seed === undefined ? "" : ` at seed ${seed}`;
}
