import type { Plan } from "../run/plan.ts";
import type { LatencySummary, Summary } from "../run/summary.ts";
import {
  compareWithExpectation,
  describeCluster,
  formatCount,
  formatMs,
  shorten,
} from "./format.ts";
import type { Markup } from "./html/markup.ts";
import { markup } from "./html/markup.ts";
import { renderPage } from "./html/page.ts";

/** One result folder, as far as it got. */
export interface RunEntry {
  /** Path from the index to the folder, with `/`. */
  readonly folder: string;
  /** When the run began, UTC, so that the order of texts is the order of times. */
  readonly startedAt: string;
  readonly plan: Plan | undefined;
  /** Undefined where the run broke off before it was judged. */
  readonly summary: Summary | undefined;
  readonly hasReport: boolean;
}

const RUNS_MAX = 2_000;
const TONES = { valid: "good", invalid: "bad", unknown: "doubt" } as const;

/** An index over all runs, newest first, as one HTML file. */
export function renderIndexPage(runs: readonly RunEntry[]): string {
  const newestFirst = [...runs].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  const shown = newestFirst.slice(0, RUNS_MAX);
  const body = markup`<main class="wide"><section><h2>Runs</h2>
<p class="about">${tally(runs)}</p>
<div class="scroll"><table class="numbers runs">
<thead><tr><th>started</th><th class="text">verdict</th><th>lost / acked</th><th>p99.9 ms</th><th>faults</th><th class="text">workload</th><th>seed</th><th class="text">cluster</th><th class="text">nemesis</th><th class="text">files</th></tr></thead>
<tbody>${shown.map(runRow)}</tbody></table></div>
${newestFirst.length > shown.length ? markup`<p class="note">${formatCount(newestFirst.length - shown.length)} older runs are left out.</p>` : undefined}
</section><footer>Ringside</footer></main>`;
  return renderPage({ title: "Ringside runs", body });
}

function tally(runs: readonly RunEntry[]): string {
  const counts = { valid: 0, invalid: 0, unknown: 0, unfinished: 0 };
  for (const { summary } of runs) counts[summary?.verdict ?? "unfinished"] += 1;
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  const told = parts.map(([name, count]) => `${formatCount(count)} ${name}`).join(", ");
  return runs.length === 0 ? "No run yet." : `${formatCount(runs.length)} runs: ${told}.`;
}

function runRow(run: RunEntry): Markup {
  const { plan, summary } = run;
  const cluster = summary?.cluster ?? plan;
  const faults =
    summary === undefined ? "–" : `${summary.faults.observed} / ${summary.faults.injected}`;
  return markup`<tr><th>${shorten(run.startedAt, 40)}</th><td class="text">${verdictPill(summary)}</td>
<td>${lostOfAcknowledged(summary)}</td><td>${tailLatency(summary)}</td><td>${faults}</td>
<td class="text">${shorten(summary?.workload ?? plan?.workload ?? "–", 40)}</td><td>${summary?.seed ?? plan?.seed ?? "–"}</td>
<td class="text cluster">${cluster === undefined ? "–" : shorten(describeCluster(cluster), 100)}</td><td class="text">${shorten(plan?.nemesis.join(", ") ?? "–", 80)}</td>
<td class="text">${links(run)}</td></tr>`;
}

function verdictPill(summary: Summary | undefined): Markup {
  if (summary === undefined) return markup`<span class="pill">unfinished</span>`;
  const { met, text } = compareWithExpectation(summary);
  return markup`<span class="pill ${TONES[summary.verdict]}" data-tip="${text}">${summary.verdict}</span>${met || summary.verdict === "unknown" ? undefined : markup` <em class="bad">not as expected</em>`}`;
}

function tailLatency(summary: Summary | undefined): Markup {
  let slowest: LatencySummary | undefined;
  for (const latency of Object.values(summary?.latencyMs ?? {})) {
    if (latency.count > 0 && latency.p999 >= (slowest?.p999 ?? 0)) slowest = latency;
  }
  if (slowest === undefined) return markup`–`;
  const few = slowest.fewSamples ? markup` <span class="few">few samples</span>` : undefined;
  return markup`${formatMs(slowest.p999)}${few}`;
}

function lostOfAcknowledged(summary: Summary | undefined): Markup {
  if (summary === undefined) return markup`–`;
  const { count, acknowledged } = summary.lostWrites;
  const lost = markup`${formatCount(count)}`;
  return markup`${count > 0 ? markup`<em class="bad">${lost}</em>` : lost} / ${formatCount(acknowledged)}`;
}

function links({ folder, hasReport, summary }: RunEntry): Markup {
  // Each step is encoded by itself and the path starts at `./`, so no folder name can become another scheme.
  const path = `./${folder.split("/").map(encodeURIComponent).join("/")}`;
  const names = [
    ...(hasReport ? ["report.html"] : []),
    ...(summary === undefined ? [] : ["summary.json"]),
    "plan.json",
  ];
  return markup`${names.map((name) => markup`<a href="${path}/${name}">${name.split(".")[0]}</a> `)}`;
}
