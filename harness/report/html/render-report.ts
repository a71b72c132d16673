import { availabilityTable } from "./availability.ts";
import { checkersSection } from "./checkers-section.ts";
import { convergenceSection } from "./convergence.ts";
import { faultsSection } from "./faults-table.ts";
import { latencyChart } from "./latency-chart.ts";
import { latencyTable, measureLatencies } from "./latency-table.ts";
import { lostWritesSection } from "./lost-writes.ts";
import type { Markup } from "./markup.ts";
import { markup } from "./markup.ts";
import { renderPage } from "./page.ts";
import { percentileCurve } from "./percentile-curve.ts";
import { planSection } from "./plan-section.ts";
import type { ReportInput } from "./run-view.ts";
import { viewRun } from "./run-view.ts";
import { throughputChart } from "./throughput-chart.ts";
import { verdictSection } from "./verdict-section.ts";
import { versionsSection } from "./versions.ts";

/**
 * The report of one run as one HTML file that opens offline. Its size does not grow with the history: charts draw
 * a bounded number of points and tables a bounded number of rows, and say so where they leave something out.
 */
export function renderReport(input: ReportInput): string {
  const view = viewRun(input);
  const latencies = measureLatencies(view);
  const { summary } = input;
  const body = markup`<main>
${verdictSection(view)}
${lostWritesSection(view)}
${section("latency", "Latency over time", "From the moment the schedule wanted each operation to begin, so a stall counts in full. Shaded: faults.", latencyChart(view))}
${section("percentiles", "Percentiles", "Acknowledged operations, milliseconds; a row named all counts until its end what was not acknowledged too.", markup`${latencyTable(view, latencies)}${percentileCurve(view, latencies)}`)}
${section("throughput", "Throughput over time", "Completions each second.", throughputChart(view))}
${section("availability", "Availability by phase and side", "Share of operations acknowledged; clients talk to the nodes on their own side of a partition.", availabilityTable(view))}
<div class="pair">
${section("versions", "Versions per read", "Concurrent versions that a read returned for the client to reconcile.", versionsSection(view))}
${section("convergence", "Convergence after healing", "Every key read with R=N, then each replica's own copy without repair.", convergenceSection(view))}
</div>
${section("faults", "Faults", "A fault counts only if the nodes saw it.", faultsSection(view))}
${section("checkers", "Checkers", "Each looks at the history alone.", checkersSection(view))}
${section("plan", "Run it again", "One seed, one plan.", planSection(view))}
<footer>Ringside · made from plan.json, summary.json, history.jsonl and faults.json of this folder</footer>
</main>`;
  return renderPage({
    title: `${summary.verdict}: ${summary.workload} seed ${summary.seed}`,
    body,
  });
}

function section(id: string, title: string, about: string, content: Markup): Markup {
  return markup`<section id="${id}"><h2>${title}</h2><p class="about">${about}</p>${content}</section>`;
}
