import { expect, test } from "vitest";
import type { LossSample } from "./loss-table.ts";
import { renderLossTable } from "./loss-table.ts";

const sample = (
  mode: string,
  seed: number,
  [count, acknowledged]: readonly [number, number],
): LossSample => ({
  mode,
  summary: {
    verdict: count > 0 ? "invalid" : "valid",
    seed,
    lostWrites: { count, acknowledged, examples: [] },
  },
});

test("renderLossTable() gives a row a mode with the spread of its seeds", () => {
  const table = renderLossTable([
    sample("dvvset", 1, [0, 1_000]),
    sample("lww", 1, [30, 100]),
    sample("dvvset", 2, [0, 2_000]),
    sample("lww", 2, [0, 300]),
    sample("lww", 3, [1, 7_000]),
    sample("lww", 4, [200, 400]),
  ]);
  expect(table.split("\n")).toEqual([
    "| mode | seeds | acknowledged | lost | rate min / median / max | verdicts |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
    "| dvvset | 2 | 3,000 | 0 | 0 % / 0 % / 0 % | 2 valid |",
    "| lww | 4 | 7,800 | 231 | 0 % / 15.0 % / 50.0 % | 3 invalid, 1 valid |",
    "",
  ]);
});

test("renderLossTable() keeps a small rate apart from none", () => {
  expect(renderLossTable([sample("a", 1, [1, 23_456])])).toContain(
    "| 0.0043 % / 0.0043 % / 0.0043 % |",
  );
});

test("renderLossTable() has no rate where nothing was acknowledged, and keeps its columns", () => {
  const [, , row = ""] = renderLossTable([sample("a|b\n<i>", 1, [0, 0])]).split("\n");
  expect(row).toBe("| a\\|b \\<i\\> | 1 | 0 | 0 | – | 1 valid |");
});
