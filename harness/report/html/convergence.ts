import type { FinalRead, HistoryLine, Marker } from "../../history/operation.ts";
import { formatCount, formatDuration, formatMoment, shorten } from "../format.ts";
import type { Markup } from "./markup.ts";
import { markup } from "./markup.ts";
import type { RunView } from "./run-view.ts";

const DIVERGED_MAX = 20;

interface Convergence {
  readonly markers: readonly Marker[];
  readonly keysRead: number;
  readonly readErrors: number;
  /** Replicas' own copies by key: digest to the nodes that hold it. */
  readonly copies: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
}

/** Whether the replicas agreed once the network was whole again, and how long that took. */
export function convergenceSection(view: RunView): Markup {
  const found = readEnd(view.history);
  const diverged = [...found.copies].filter(([, digests]) => digests.size > 1);
  const settled = settling(found.markers);
  return markup`<dl class="facts">
<div><dt>healed</dt><dd>${settled.healed}</dd></div>
<div><dt>${settled.name}</dt><dd>${settled.after}</dd></div>
<div><dt>keys read with R=N</dt><dd>${formatCount(found.keysRead)}${found.readErrors > 0 ? markup` <em class="bad">${formatCount(found.readErrors)} reads failed</em>` : undefined}</dd></div>
<div><dt>keys whose replicas agree</dt><dd>${formatCount(found.copies.size - diverged.length)} of ${formatCount(found.copies.size)}</dd></div>
</dl>${copiesTable(found)}${divergedTable(diverged)}`;
}

function readEnd(history: readonly HistoryLine[]): Convergence {
  const markers: Marker[] = [];
  const keys = new Set<string>();
  const copies = new Map<string, Map<string, string[]>>();
  let readErrors = 0;
  for (const line of history) {
    if (line.type === "marker") markers.push(line);
    if (line.type !== "final-read" && line.type !== "replica-read") continue;
    if (line.error !== undefined) readErrors += 1;
    else if (line.type === "final-read") keys.add(line.key);
    else noteCopy(copies, line);
  }
  return { markers, keysRead: keys.size, readErrors, copies };
}

function noteCopy(
  copies: Map<string, Map<string, string[]>>,
  { key, digest, node }: FinalRead,
): void {
  const digests = copies.get(key) ?? new Map<string, string[]>();
  copies.set(key, digests);
  if (digest === null || digest === undefined) return;
  const nodes = digests.get(digest) ?? [];
  nodes.push(node);
  digests.set(digest, nodes);
}

function settling(markers: readonly Marker[]): { healed: string; name: string; after: string } {
  const healed = markers.findLast(({ name }) => name === "healed");
  const end = markers.findLast(({ name }) => name === "quiesced" || name === "unsettled");
  const after =
    healed !== undefined && end !== undefined ? (end.timeNs - healed.timeNs) / 1e6 : NaN;
  const detail = end?.detail === undefined ? "" : ` (${shorten(end.detail, 200)})`;
  return {
    healed: healed === undefined ? "never" : `at ${formatMoment(healed.timeNs)}`,
    name: end?.name === "unsettled" ? "did not settle within" : "hints delivered after",
    after: `${formatDuration(after)}${detail}`,
  };
}

function copiesTable({ copies }: Convergence): Markup {
  const keysByCopies = new Map<number, number>();
  for (const digests of copies.values()) {
    const count = [...digests.values()].reduce((sum, nodes) => sum + nodes.length, 0);
    keysByCopies.set(count, (keysByCopies.get(count) ?? 0) + 1);
  }
  if (keysByCopies.size === 0) return markup`<p class="note">No replica was read.</p>`;
  const rows = [...keysByCopies]
    .sort(([a], [b]) => a - b)
    .slice(0, 20)
    .map(
      ([count, keys]) =>
        markup`<tr><th>${count} ${count === 1 ? "copy" : "copies"}</th><td>${formatCount(keys)}</td></tr>`,
    );
  return markup`<table class="numbers narrow"><thead><tr><th>found on disk</th><th>keys</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function divergedTable(
  diverged: readonly (readonly [string, ReadonlyMap<string, readonly string[]>])[],
): Markup {
  if (diverged.length === 0) return markup``;
  const rows = diverged.slice(0, DIVERGED_MAX).map(([key, digests]) => {
    const groups = [...digests]
      .slice(0, 8)
      .map(
        ([digest, nodes]) =>
          markup`<div>${nodes.join(", ")}: <code>${shorten(digest, 16)}</code></div>`,
      );
    return markup`<tr><th><code>${shorten(key, 80)}</code></th><td class="text">${groups}</td></tr>`;
  });
  return markup`<h3>Keys whose replicas differ (${formatCount(diverged.length)})</h3><div class="scroll"><table><thead><tr><th>key</th><th>copies</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
