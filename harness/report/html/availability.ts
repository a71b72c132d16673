import type { PhaseAvailability } from "../../run/summary.ts";
import { formatCount, formatShare } from "../format.ts";
import type { Markup } from "./markup.ts";
import { markup, px } from "./markup.ts";
import type { RunView } from "./run-view.ts";

const ROWS_MAX = 60;
const FUNCTIONS_MAX = 6;

/** Share of operations that were acknowledged, by phase and side of the partition. */
export function availabilityTable(view: RunView): Markup {
  const { perPhase } = view.summary.availability;
  const functions = [...new Set(perPhase.map(({ f }) => f))].slice(0, FUNCTIONS_MAX);
  const rows = groupRows(perPhase);
  const shown = [...rows.values()].slice(0, ROWS_MAX);
  if (shown.length === 0) return markup`<p class="note">No phase was measured.</p>`;
  return markup`<div class="scroll"><table class="numbers bars">
<thead><tr><th>phase</th><th>side</th>${functions.map((f) => markup`<th>${f}</th>`)}</tr></thead>
<tbody>${shown.map((cells, at) => availabilityRow(cells, shown[at - 1], functions))}</tbody>
</table></div>${rows.size > ROWS_MAX ? markup`<p class="note">${formatCount(rows.size - ROWS_MAX)} more rows in summary.json.</p>` : undefined}`;
}

function groupRows(perPhase: readonly PhaseAvailability[]): Map<string, PhaseAvailability[]> {
  const rows = new Map<string, PhaseAvailability[]>();
  for (const cell of perPhase) {
    const name = JSON.stringify([cell.phase, cell.side]);
    const row = rows.get(name);
    if (row === undefined) rows.set(name, [cell]);
    else row.push(cell);
  }
  return rows;
}

function availabilityRow(
  cells: readonly PhaseAvailability[],
  above: readonly PhaseAvailability[] | undefined,
  functions: readonly string[],
): Markup {
  const [first] = cells;
  const phase = first?.phase ?? "";
  const samePhase = above?.[0]?.phase === phase;
  return markup`<tr${samePhase ? undefined : markup` class="first"`}><th>${samePhase ? "" : phase}</th><td class="text">${first?.side}</td>${functions.map((f) => availabilityCell(cells.find((cell) => cell.f === f)))}</tr>`;
}

function availabilityCell(cell: PhaseAvailability | undefined): Markup {
  if (cell === undefined || cell.attempted === 0) return markup`<td class="none">–</td>`;
  const percent = (100 * cell.ok) / cell.attempted;
  const level = percent >= 99 ? "high" : percent >= 50 ? "middle" : "low";
  return markup`<td class="bar ${level}" data-tip="${formatCount(cell.ok)} of ${formatCount(cell.attempted)} acknowledged"><i style="width:${px(percent)}%"></i><span>${formatShare(cell.ok, cell.attempted)}</span> <small>of ${formatCount(cell.attempted)}</small></td>`;
}
