import type { Verdict } from "../../run/plan.ts";
import type { Summary } from "../../run/summary.ts";
import {
  compareWithExpectation,
  describeCluster,
  formatCount,
  formatMs,
  formatShare,
  shorten,
} from "../format.ts";
import { printable } from "./printable.ts";
import { textTable } from "./text-table.ts";

export interface SummaryStyle {
  readonly colour: boolean;
  /** Where the HTML report stands; left out where there is none. */
  readonly reportPath?: string;
}

const REASONS_MAX = 8;
const EXAMPLES_MAX = 5;
const PHASES_MAX = 24;

/** What a run says when it is over: verdict first, then what it stands on. Ends with a newline. */
export function renderSummary(summary: Summary, style: SummaryStyle): string {
  const blocks = [
    verdictBlock(summary, style),
    lostBlock(summary),
    countsBlock(summary),
    latencyBlock(summary),
    availabilityBlock(summary),
    style.reportPath === undefined ? [] : [`report: ${printable(style.reportPath)}`],
  ];
  const text = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${text.join("\n\n")}\n`;
}

const VERDICT_COLOURS: Readonly<Record<Verdict, string>> = {
  valid: "\u001b[1;32m",
  invalid: "\u001b[1;31m",
  unknown: "\u001b[1;33m",
};

function verdictBlock(summary: Summary, { colour }: SummaryStyle): string[] {
  const word = summary.verdict.toUpperCase();
  const shown = colour ? `${VERDICT_COLOURS[summary.verdict]}${word}\u001b[0m` : word;
  const { text } = compareWithExpectation(summary);
  return [
    `${shown}  ${text}`,
    `  expected ${summary.expects.verdict}: ${printable(summary.expects.reason)}`,
    ...summary.reasons.slice(0, REASONS_MAX).map((reason) => `  - ${printable(reason)}`),
    ...more(summary.reasons.length - REASONS_MAX, "reasons"),
    `  ${printable(summary.workload)} seed ${summary.seed}: ${printable(describeCluster(summary.cluster))}`,
  ];
}

function lostBlock({ lostWrites }: Summary): string[] {
  const { count, acknowledged, examples } = lostWrites;
  const rate = formatShare(count, acknowledged);
  const line = `lost writes ${formatCount(count)} of ${formatCount(acknowledged)} acknowledged`;
  if (count === 0) return [line];
  const shown = examples.slice(0, EXAMPLES_MAX);
  return [
    `${line} (${rate})`,
    ...shown.map(({ key, value, index }) => {
      const item = shorten(printable(value), 60);
      return `  ${item} in ${shorten(printable(key), 60)} (operation ${index})`;
    }),
    ...more(count - shown.length, "lost writes"),
  ];
}

function countsBlock({ operations, faults, siblings, toxiproxy }: Summary): string[] {
  const { attempted, ok, fail, info } = operations;
  const reads = siblings[1] + siblings[2] + siblings[3] + siblings["4+"];
  return [
    `operations  ${formatCount(attempted)} attempted: ${formatCount(ok)} ok, ${formatCount(fail)} fail, ${formatCount(info)} info`,
    `versions    ${formatCount(reads)} reads: ${formatCount(siblings[1])} of one version, ${formatCount(siblings[2])} of 2, ${formatCount(siblings[3])} of 3, ${formatCount(siblings["4+"])} of more`,
    `faults      ${faults.injected} injected, ${faults.observed} seen to bite${behind(toxiproxy)}`,
  ];
}

function latencyBlock({ latencyMs }: Summary): string[] {
  const rows = Object.entries(latencyMs).map(([name, latency]) => [
    shorten(printable(name), 24),
    formatCount(latency.count),
    formatMs(latency.mean),
    formatMs(latency.p50),
    formatMs(latency.p90),
    formatMs(latency.p99),
    formatMs(latency.p999),
    formatMs(latency.max),
    latency.fewSamples ? "few samples for p99.9" : "",
  ]);
  if (rows.length === 0) return [];
  const titles = ["latency in ms", "count", "mean", "p50", "p90", "p99", "p99.9", "max", ""];
  const columns = titles.map((title, at) => ({
    title,
    align: at === 0 || title === "" ? ("left" as const) : ("right" as const),
  }));
  return [...textTable(columns, rows), "from the intended start: a late start counts as latency"];
}

function availabilityBlock({ availability }: Summary): string[] {
  const shown = availability.perPhase.slice(0, PHASES_MAX);
  const rows = shown.map(({ phase, side, f, attempted, ok }) => [
    shorten(printable(phase), 32),
    shorten(printable(side), 32),
    shorten(printable(f), 16),
    formatCount(attempted),
    formatShare(ok, attempted),
  ]);
  const overall = `availability ${formatShare(availability.overall, 1)} of all operations`;
  if (rows.length === 0) return [overall];
  const table = textTable(
    [
      { title: "phase", align: "left" },
      { title: "side", align: "left" },
      { title: "operation", align: "left" },
      { title: "attempted", align: "right" },
      { title: "ok", align: "right" },
    ],
    rows,
  );
  const rest = more(availability.perPhase.length - shown.length, "rows in summary.json");
  return [overall, ...table.map((line) => `  ${line}`), ...rest];
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`  … and ${formatCount(count)} more ${what}`] : [];
}

/** A simulated network has no proxies. */
function behind({ kind, version }: Summary["toxiproxy"]): string {
  return kind === "none" ? "" : ` (Toxiproxy ${kind} ${printable(version)})`;
}
