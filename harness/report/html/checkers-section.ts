import type { CheckerResult } from "../../run/summary.ts";
import { formatCount, shorten } from "../format.ts";
import type { Markup } from "./markup.ts";
import { longText, markup } from "./markup.ts";
import type { RunView } from "./run-view.ts";

const CHECKERS_MAX = 40;
const REASONS_MAX = 10;

const TONES = { valid: "good", invalid: "bad", unknown: "doubt" } as const;

/** What each checker found. */
export function checkersSection(view: RunView): Markup {
  const checkers = Object.entries(view.summary.checkers);
  if (checkers.length === 0) return markup`<p class="note">No checker looked at this run.</p>`;
  const rows = checkers.slice(0, CHECKERS_MAX).map(([name, result]) => checkerRow(name, result));
  return markup`<div class="scroll"><table><thead><tr><th>checker</th><th>verdict</th><th>findings</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function checkerRow(name: string, { verdict, reasons, ...details }: CheckerResult): Markup {
  const shown = reasons
    .slice(0, REASONS_MAX)
    .map((reason) => markup`<div>${shorten(reason, 400)}</div>`);
  const rest = reasons.length - shown.length;
  return markup`<tr><th>${shorten(name, 60)}</th><td class="text"><span class="pill ${TONES[verdict]}">${verdict}</span></td><td class="text">${shown}${rest > 0 ? markup`<div>… and ${formatCount(rest)} more</div>` : undefined}${detailsOf(details)}</td></tr>`;
}

function detailsOf(details: Readonly<Record<string, unknown>>): Markup {
  if (Object.keys(details).length === 0) return markup``;
  const text = JSON.stringify(details, null, 2);
  return markup`<details><summary>details</summary><pre>${longText(text)}</pre></details>`;
}
