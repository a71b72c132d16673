import type { Plan } from "../run/plan.ts";
import type { CheckerResult, Summary } from "../run/summary.ts";
import { formatCount } from "./format.ts";

/** A judged run, the mode it ran in, as the table is to call it, and the driver of its cluster. */
export interface CausalitySample {
  readonly mode: string;
  readonly cluster: Plan["cluster"];
  readonly summary: Pick<Summary, "seed" | "checkers">;
}

const KINDS = ["false-dominance", "missing-sibling", "false-sibling"] as const;

/**
 * What the checker of causality counted, by mode and driver, as a Markdown table: versions lost to one whose writer never saw
 * them, or to what they replaced, and versions that stayed beside one that replaced them.
 */
export function renderCausalityTable(samples: readonly CausalitySample[]): string {
  const rows = new Map<
    string,
    { readonly seeds: Set<number>; readonly results: CheckerResult[] }
  >();
  for (const { mode, cluster, summary } of samples) {
    const result = summary.checkers["causality"];
    if (result === undefined) continue;
    const name = `${mode} | ${cluster}`;
    const row = rows.get(name) ?? { seeds: new Set(), results: [] };
    rows.set(name, row);
    row.seeds.add(summary.seed);
    row.results.push(result);
  }
  return [
    "| mode | cluster | seeds | versions | false dominance | missing sibling | false sibling | reads with one |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...[...rows].map(([name, { seeds, results }]) => {
      const sum = (of: (result: CheckerResult) => unknown): string =>
        formatCount(results.reduce((total, result) => total + Number(of(result) ?? 0), 0));
      const counts = KINDS.map((kind) =>
        sum(({ counts }) => (counts as Readonly<Record<string, number>>)[kind]),
      );
      const versions = sum(({ acknowledged }) => acknowledged);
      const reads = sum(({ readsWithFalseSiblings }) => readsWithFalseSiblings);
      return `| ${[name, seeds.size, versions, ...counts, reads].join(" | ")} |`;
    }),
    "",
  ].join("\n");
}
