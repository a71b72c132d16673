import type { FaultRecord, Link, ProbeResult } from "../../nemesis/fault.ts";
import { formatCount, formatDuration, formatMoment, shorten } from "../format.ts";
import type { Markup } from "./markup.ts";
import { markup } from "./markup.ts";
import type { RunView } from "./run-view.ts";

const FAULTS_MAX = 60;
const PROBES_MAX = 40;
const LINKS_MAX = 40;

/** Each fault with the proof that it bit: probes before, during and after it, and what they told. */
export function faultsSection(view: RunView): Markup {
  const { faults, silentLinks } = view.faults;
  const silent =
    silentLinks.length === 0
      ? undefined
      : markup`<p class="callout bad">No byte passed through ${formatCount(silentLinks.length)} of the proxies while the cluster was healthy, so somebody goes past them: <code>${linkList(silentLinks)}</code></p>`;
  if (faults.length === 0) return markup`${silent}<p class="note">No fault was injected.</p>`;
  const rows = faults.slice(0, FAULTS_MAX).map(faultRow);
  const rest = faults.length - FAULTS_MAX;
  return markup`${silent}<div class="scroll"><table class="faults">
<thead><tr><th>fault</th><th>sides or nodes</th><th>applied</th><th>lasted</th><th>before</th><th>during</th><th>after</th><th>proof</th></tr></thead>
<tbody>${rows}</tbody></table></div>
<p class="note">Probes are calls of the nodes themselves over their own connections or, where a fault hits one node, questions of the harness to it: answered / asked.</p>${rest > 0 ? markup`<p class="note">${formatCount(rest)} more in faults.json.</p>` : undefined}`;
}

function faultRow(fault: FaultRecord): Markup {
  const { before, during, after, bit, reason } = fault.proof;
  const where = [
    fault.sides.length > 1 ? fault.sides.map((side) => side.join(" ")).join(" | ") : "",
    fault.nodes.join(" "),
  ].filter((text) => text !== "");
  const verdict = bit
    ? markup`<span class="pill good">bit</span>`
    : markup`<span class="pill bad">did not bite</span>`;
  return markup`<tr><th>${shorten(fault.name, 60)}<div class="sub">${shorten(fault.kind, 60)}</div></th>
<td class="text">${shorten(where.join("; "), 200)}<div class="sub">${formatCount(fault.links.length)} directed links</div></td>
<td>${formatMoment(fault.appliedNs)}</td><td>${formatDuration((fault.healStartNs - fault.appliedNs) / 1e6)}</td>
<td>${tally(before)}</td><td>${tally(during)}</td><td>${tally(after)}</td>
<td class="text">${verdict} ${shorten(reason, 300)}${proofDetails(fault)}</td></tr>`;
}

function tally(probes: readonly ProbeResult[]): string {
  return `${probes.filter(({ answered }) => answered).length} / ${probes.length}`;
}

function proofDetails({ links, proof }: FaultRecord): Markup {
  const moments = [
    ["before", proof.before],
    ["during", proof.during],
    ["after", proof.after],
  ] as const;
  const lines = moments.flatMap(([moment, probes]) =>
    probes
      .slice(0, PROBES_MAX)
      .map(
        ({ from, to, answered, detail }) =>
          markup`<li>${moment}: ${from} → ${to} ${answered ? "answered" : "did not answer"} <span class="sub">${shorten(detail, 120)}</span></li>`,
      ),
  );
  return markup`<details><summary>links and probes</summary><p><code>${linkList(links)}</code></p><ul class="probes">${lines}</ul></details>`;
}

function linkList(links: readonly Link[]): string {
  const shown = links
    .slice(0, LINKS_MAX)
    .map(({ from, to }) => `${shorten(from, 40)}→${shorten(to, 40)}`);
  return `${shown.join(" ")}${links.length > LINKS_MAX ? " …" : ""}`;
}
