import { expect, test } from "vitest";
import type { CausalitySample } from "./causality-table.ts";
import { renderCausalityTable } from "./causality-table.ts";

const sample = (
  mode: string,
  seed: number,
  counts: Readonly<Record<string, number>>,
  reads = 0,
): CausalitySample => ({
  mode,
  cluster: "sim",
  summary: {
    seed,
    checkers: {
      causality: {
        verdict: "valid",
        reasons: [],
        counts,
        acknowledged: 1_000,
        readsWithFalseSiblings: reads,
      },
    },
  },
});

test("renderCausalityTable() sums up the seeds of a mode", () => {
  const table = renderCausalityTable([
    sample("merged", 1, { "false-sibling": 3 }, 40),
    sample("vector-clock", 1, { "false-dominance": 7, "missing-sibling": 1 }),
    sample("merged", 2, { "false-sibling": 2 }, 2),
    { mode: "old", cluster: "sim", summary: { seed: 1, checkers: {} } },
  ]);
  expect(table.split("\n").slice(2)).toEqual([
    "| merged | sim | 2 | 2,000 | 0 | 0 | 5 | 42 |",
    "| vector-clock | sim | 1 | 1,000 | 7 | 1 | 0 | 0 |",
    "",
  ]);
});
