/*
 * Runs of real clusters that were stored with their verdicts (results/reference/runs) are judged again: a checker that changes its
 * mind about one of them has changed its meaning.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { analyze } from "../checker/analyze.ts";
import type { Summary } from "../run/summary.ts";
import { readStoredRun } from "./stored-run.ts";

const RUNS = join(import.meta.dirname, "../../results/reference/runs");
const names = readdirSync(RUNS);

describe("stored runs", () => {
  test("there are valid and invalid ones", () => {
    const verdicts = new Set(names.map((name) => storedSummary(name).verdict));
    expect([...verdicts].sort()).toEqual(["invalid", "valid"]);
  });

  test.each(names)("%s is judged as when it was stored", async (name) => {
    const { summary } = analyze(await readStoredRun(join(RUNS, name)));
    const stored = storedSummary(name);
    expect(summary.verdict).toBe(stored.verdict);
    expect(summary.lostWrites).toEqual(stored.lostWrites);
    expect(summary.operations).toEqual(stored.operations);
  });
});

function storedSummary(name: string): Summary {
  return JSON.parse(readFileSync(join(RUNS, name, "summary.json"), "utf8")) as Summary;
}
