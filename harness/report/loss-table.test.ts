import { expect, test } from "vitest";
import type { LossSample } from "./loss-table.ts";
import { renderLossTable, renderVerdictTable } from "./loss-table.ts";

const sample = (
  mode: string,
  seed: number,
  [count, acknowledged]: readonly [number, number],
  cluster: LossSample["cluster"] = "processes",
): LossSample => ({
  mode,
  cluster,
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

test("renderVerdictTable() puts the drivers of a mode side by side", () => {
  const table = renderVerdictTable([
    sample("dvvset", 1, [0, 1_000], "sim"),
    sample("dvvset", 1, [0, 2_000], "docker"),
    sample("lww", 1, [30, 100], "sim"),
    sample("lww", 2, [10, 100], "sim"),
  ]);
  expect(table.split("\n")).toEqual([
    "| mode | sim | docker |",
    "| --- | --- | --- |",
    "| dvvset | 1 valid; 0 of 1,000 lost (0 % / 0 % / 0 %) | 1 valid; 0 of 2,000 lost (0 % / 0 % / 0 %) |",
    "| lww | 2 invalid; 40 of 200 lost (10.0 % / 20.0 % / 30.0 %) | – |",
    "",
  ]);
});
