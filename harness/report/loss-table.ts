import type { Plan, Verdict } from "../run/plan.ts";
import type { Summary } from "../run/summary.ts";
import { formatCount } from "./format.ts";

/** A judged run, the mode it ran in, as the table is to call it, and the driver of its cluster. */
export interface LossSample {
  readonly mode: string;
  readonly cluster: Plan["cluster"];
  readonly summary: Pick<Summary, "verdict" | "seed" | "lostWrites">;
}

/**
 * Loss rates by mode as a Markdown table. Seeds of one mode differ widely, so a row gives the smallest, the
 * median and the largest rate of its runs and not one number.
 */
export function renderLossTable(samples: readonly LossSample[]): string {
  const modes = new Map<string, LossSample["summary"][]>();
  for (const { mode, summary } of samples) {
    const summaries = modes.get(mode);
    if (summaries === undefined) modes.set(mode, [summary]);
    else summaries.push(summary);
  }
  return [
    "| mode | seeds | acknowledged | lost | rate min / median / max | verdicts |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
    ...[...modes].map(([mode, summaries]) => lossRow(mode, summaries)),
    "",
  ].join("\n");
}

/**
 * Verdicts and loss rates by mode and driver, side by side, as a Markdown table: the same plan must come out the same wherever
 * it runs.
 */
export function renderVerdictTable(samples: readonly LossSample[]): string {
  const clusters = [...new Set(samples.map(({ cluster }) => cluster))];
  const modes = [...new Set(samples.map(({ mode }) => mode))];
  const cellOf = (mode: string, cluster: string): string => {
    const summaries = samples
      .filter((sample) => sample.mode === mode && sample.cluster === cluster)
      .map(({ summary }) => summary);
    if (summaries.length === 0) return "–";
    const { acknowledged, lost, spread } = lossesOf(summaries);
    return `${verdictsOf(summaries)}; ${formatCount(lost)} of ${formatCount(acknowledged)} lost (${spread})`;
  };
  return [
    `| mode | ${clusters.join(" | ")} |`,
    `| --- |${" --- |".repeat(clusters.length)}`,
    ...modes.map(
      (mode) => `| ${cell(mode)} | ${clusters.map((each) => cellOf(mode, each)).join(" | ")} |`,
    ),
    "",
  ].join("\n");
}

function lossRow(mode: string, summaries: readonly LossSample["summary"][]): string {
  const { acknowledged, lost, spread } = lossesOf(summaries);
  const seeds = new Set(summaries.map(({ seed }) => seed)).size;
  const cells = [cell(mode), seeds, formatCount(acknowledged), formatCount(lost), spread];
  return `| ${cells.join(" | ")} | ${verdictsOf(summaries)} |`;
}

/** `spread`: smallest, median and largest rate of the runs. */
function lossesOf(summaries: readonly LossSample["summary"][]) {
  const acknowledged = summaries.reduce((sum, { lostWrites }) => sum + lostWrites.acknowledged, 0);
  const lost = summaries.reduce((sum, { lostWrites }) => sum + lostWrites.count, 0);
  const rates = summaries
    .filter(({ lostWrites }) => lostWrites.acknowledged > 0)
    .map(({ lostWrites }) => lostWrites.count / lostWrites.acknowledged)
    .sort((a, b) => a - b);
  const spread =
    rates.length === 0
      ? "–"
      : [rates.at(0), median(rates), rates.at(-1)].map((rate) => percent(rate ?? 0)).join(" / ");
  return { acknowledged, lost, spread };
}

function median(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? upper;
  return (lower + upper) / 2;
}

// Two digits that count: 0.0043 % is not the same as none.
function percent(rate: number): string {
  if (rate === 0) return "0 %";
  const value = rate * 100;
  return `${value >= 10 ? value.toFixed(1) : Number(value.toPrecision(2))} %`;
}

function verdictsOf(summaries: readonly LossSample["summary"][]): string {
  const verdicts: readonly Verdict[] = ["invalid", "unknown", "valid"];
  return verdicts
    .map((verdict) => [verdict, summaries.filter((summary) => summary.verdict === verdict).length])
    .filter(([, count]) => count !== 0)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ");
}

function cell(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[|\\<>`*_[\]]/g, "\\$&");
}
