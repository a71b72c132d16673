import { shorten } from "../format.ts";
import { repeatCommand } from "../repeat-command.ts";
import type { Markup } from "./markup.ts";
import { longText, markup } from "./markup.ts";
import type { RunView } from "./run-view.ts";

/** The command that repeats the run, and everything that defined it. */
export function planSection(view: RunView): Markup {
  const { plan, summary } = view;
  const { expects: _expects, format: _format, version: _version, external, ...settings } = plan;
  const rows = Object.entries({
    ...settings,
    ...external,
    toxiproxyUrl: plan.toxiproxyUrl ?? (external === undefined ? "embedded" : "none"),
    slo: plan.slo ?? "none",
    toxiproxy: `${summary.toxiproxy.kind} ${summary.toxiproxy.version}`,
  }).map(
    ([name, value]) =>
      markup`<div><dt>${name}</dt><dd>${shorten(Array.isArray(value) ? value.join(", ") : String(value), 200)}</dd></div>`,
  );
  return markup`<pre class="command">${longText(repeatCommand(plan))}</pre><dl class="facts">${rows}</dl>`;
}
