import { formatCount, formatMoment, shorten } from "../format.ts";
import type { Call } from "./calls.ts";
import type { Markup } from "./markup.ts";
import { markup } from "./markup.ts";
import type { RunView } from "./run-view.ts";
import { timelineChart } from "./timeline.ts";
import type { Witness } from "./witness.ts";
import { findWitnesses } from "./witness.ts";

const TIMELINES_MAX = 5;

/** The writes that were acknowledged and are gone, each with who said yes and when it was last seen. */
export function lostWritesSection(view: RunView): Markup {
  const { count } = view.summary.lostWrites;
  if (count === 0) return markup``;
  const witnesses = findWitnesses(view);
  const rest = count - witnesses.length;
  return markup`<section id="lost"><h2>Lost writes</h2>
<div class="scroll"><table>
<thead><tr><th>item</th><th>key</th><th>acknowledged</th><th>by</th><th>during</th><th>last seen</th><th>first missing</th><th>at the end</th></tr></thead>
<tbody>${witnesses.map(witnessRow)}</tbody></table></div>
${rest > 0 ? markup`<p class="note">${formatCount(rest)} more; this table shows the examples of summary.json.</p>` : undefined}
<h3>What happened on the key</h3>
${timelines(view, witnesses)}</section>`;
}

function witnessRow({
  key,
  value,
  call,
  phase,
  lastSeen,
  firstMissing,
  finalRead,
}: Witness): Markup {
  const completion = call?.completion;
  const by = completion === undefined ? "–" : `${completion.node}, process ${completion.process}`;
  const end =
    finalRead === undefined
      ? "not read"
      : finalRead.error === undefined
        ? `absent, read through ${finalRead.node}`
        : `read failed: ${finalRead.error}`;
  return markup`<tr><th><code>${shorten(value, 60)}</code></th><td class="text"><code>${shorten(key, 60)}</code></td>
<td>${completion === undefined ? "–" : formatMoment(completion.timeNs)}</td><td>${shorten(by, 80)}</td>
<td class="text">${phase ?? (completion === undefined ? "–" : "between two phases")}</td><td>${readMoment(lastSeen)}</td><td>${readMoment(firstMissing)}</td><td class="text">${shorten(end, 120)}</td></tr>`;
}

function readMoment(read: Call | undefined): string {
  if (read?.completion === undefined) return "never read so";
  return `${formatMoment(read.completion.timeNs)} through ${shorten(read.completion.node, 40)}`;
}

// One timeline a key: several items of one cart are lost by the same accident more often than not.
function timelines(view: RunView, witnesses: readonly Witness[]): Markup {
  const byKey = new Map<string, Witness>();
  for (const witness of witnesses) {
    if (!byKey.has(witness.key) && byKey.size < TIMELINES_MAX) byKey.set(witness.key, witness);
  }
  const blocks = [...byKey.values()].map(
    (witness, at) =>
      markup`<details class="timeline"${at === 0 ? markup` open` : undefined}><summary><code>${shorten(witness.value, 60)}</code> in <code>${shorten(witness.key, 60)}</code></summary>${timelineChart(view, witness)}</details>`,
  );
  return markup`${blocks}`;
}
