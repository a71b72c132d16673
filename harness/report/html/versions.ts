import { formatCount, formatShare } from "../format.ts";
import type { Markup } from "./markup.ts";
import { markup, px } from "./markup.ts";
import type { RunView } from "./run-view.ts";

/** How many versions reads returned: the price of staying writable, on one bar for the eye and in figures. */
export function versionsSection(view: RunView): Markup {
  const { siblings } = view.summary;
  const counts = [
    { name: "1 version", count: siblings[1], shade: "v1" },
    { name: "2 versions", count: siblings[2], shade: "v2" },
    { name: "3 versions", count: siblings[3], shade: "v3" },
    { name: "4 or more", count: siblings["4+"], shade: "v4" },
  ];
  const reads = counts.reduce((sum, { count }) => sum + count, 0);
  if (reads === 0) return markup`<p class="note">No read returned a value.</p>`;
  const parts = counts.map(
    ({ count, shade, name }) =>
      markup`<i class="${shade}" style="width:${px((100 * count) / reads)}%" data-tip="${name}: ${formatCount(count)} reads"></i>`,
  );
  const rows = counts.map(
    ({ name, count, shade }) =>
      markup`<tr><th><i class="mark block ${shade}"></i>${name}</th><td>${formatCount(count)}</td><td>${formatShare(count, reads)}</td></tr>`,
  );
  return markup`<div class="stack">${parts}</div><table class="numbers narrow"><thead><tr><th>read returned</th><th>reads</th><th>share</th></tr></thead><tbody>${rows}</tbody></table>`;
}
