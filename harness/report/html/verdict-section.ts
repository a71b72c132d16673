import type { Verdict } from "../../run/plan.ts";
import type { LatencySummary, Summary } from "../../run/summary.ts";
import {
  compareWithExpectation,
  describeCluster,
  formatCount,
  formatDuration,
  formatShare,
  shorten,
} from "../format.ts";
import type { Markup, MarkupPart } from "./markup.ts";
import { markup } from "./markup.ts";
import type { RunView } from "./run-view.ts";

const REASONS_MAX = 20;
/** Name under which a summary gives every operation that ended, acknowledged or not. */
const ALL_OPERATIONS = "all";

const MARKS: Readonly<Record<Verdict, string>> = { valid: "✓", invalid: "✗", unknown: "?" };

/** The top of the page: verdict, why, what was expected, and the figures people ask for first. */
export function verdictSection(view: RunView): Markup {
  const { summary } = view;
  const expectation = compareWithExpectation(summary);
  const reasons = summary.reasons.slice(0, REASONS_MAX);
  const rest = summary.reasons.length - reasons.length;
  return markup`<header class="verdict ${summary.verdict}">
<p class="eyebrow">${summary.workload} · seed ${summary.seed} · ${describeCluster(summary.cluster)}</p>
<h1><span class="seal" aria-hidden="true">${MARKS[summary.verdict]}</span>${summary.verdict}</h1>
<p class="lead">${leadSentence(summary)}</p>
${reasons.length === 0 ? undefined : markup`<ul class="reasons">${reasons.map((reason) => markup`<li>${shorten(reason, 600)}</li>`)}${rest > 0 ? markup`<li>… and ${formatCount(rest)} more in summary.json</li>` : undefined}</ul>`}
<p class="expected"><b>Expected ${summary.expects.verdict === "valid" ? "valid" : "that it may lose writes"}</b>: ${shorten(summary.expects.reason, 400)}. <em class="${expectation.met ? "good" : "bad"}">${sentence(expectation.text)}</em></p>
</header>${tiles(summary)}`;
}

function leadSentence({ lostWrites, verdict }: Summary): string {
  const { count, acknowledged } = lostWrites;
  const all = formatCount(acknowledged);
  if (count > 0) {
    return `${formatCount(count)} of ${all} acknowledged writes ${count === 1 ? "is" : "are"} gone: the store said yes and forgot.`;
  }
  if (acknowledged === 0) return "No write was acknowledged, so none could be lost.";
  return verdict === "unknown"
    ? `No write is known to be lost of ${all} acknowledged, but the run does not prove it.`
    : `Not one of ${all} acknowledged writes was lost.`;
}

function tiles({ operations, lostWrites, availability, latencyMs, faults }: Summary): Markup {
  const slowest = worst(latencyMs);
  const [name, latency] = slowest ?? ["", undefined];
  return markup`<div class="tiles">
${tile("lost writes", formatCount(lostWrites.count), `of ${formatCount(lostWrites.acknowledged)} acknowledged`, lostWrites.count > 0)}
${tile("p99.9", latency === undefined ? "–" : formatDuration(latency.p999), latency === undefined ? "nothing measured" : markup`${name}, of ${formatCount(latency.count)}${latency.fewSamples ? markup` <abbr class="few" title="under 10,000 samples a p99.9 says little">few samples</abbr>` : undefined}`)}
${tile("p99", latency === undefined ? "–" : formatDuration(latency.p99), name === ALL_OPERATIONS ? "timeouts too" : name)}
${tile("available", formatShare(availability.overall, 1), `${formatCount(operations.ok)} ok of ${formatCount(operations.attempted)}`)}
${tile("not acknowledged", formatCount(operations.fail + operations.info), `${formatCount(operations.fail)} fail, ${formatCount(operations.info)} info`)}
${tile("faults that bit", `${faults.observed} / ${faults.injected}`, "seen by the nodes themselves", faults.observed < faults.injected)}
</div>`;
}

function tile(name: string, figure: string, detail: MarkupPart, bad = false): Markup {
  return markup`<div class="tile${bad ? " bad" : ""}"><h2>${name}</h2><b>${figure}</b><p>${detail}</p></div>`;
}

// `all` counts what timed out too and is the truest; where a summary lacks it, the slowest kind of operation.
function worst(latencyMs: Summary["latencyMs"]): [string, LatencySummary] | undefined {
  const all = latencyMs[ALL_OPERATIONS];
  if (all !== undefined && all.count > 0) return [ALL_OPERATIONS, all];
  return Object.entries(latencyMs)
    .filter(([, { count }]) => count > 0)
    .sort(([, a], [, b]) => b.p999 - a.p999)[0];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
