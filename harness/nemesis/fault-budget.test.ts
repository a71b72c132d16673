import { describe, expect, it } from "vitest";
import type { DataEvent } from "./fault-budget.ts";
import { destructionCandidates, withinBudget, worstDestruction } from "./fault-budget.ts";

function lost(node: string): DataEvent {
  return { node, what: "destroyed" };
}

function synchronised(node: string): DataEvent {
  return { node, what: "synchronised" };
}

describe("worstDestruction()", () => {
  it.each([
    [[], 0],
    [[lost("a")], 1],
    [[lost("a"), lost("a")], 1],
    [[lost("a"), lost("b")], 2],
    [[lost("a"), synchronised("a"), lost("b")], 1],
    [[lost("a"), lost("b"), synchronised("a"), synchronised("b"), lost("c")], 2],
  ])("counts the replicas destroyed at one moment: %j", (events, expected) => {
    expect(worstDestruction(events)).toBe(expected);
  });
});

describe("withinBudget()", () => {
  it("allows fewer than W destroyed replicas", () => {
    expect(withinBudget([lost("a")], 2)).toBe(true);
    expect(withinBudget([lost("a"), lost("b")], 2)).toBe(false);
    expect(withinBudget([lost("a")], 1)).toBe(false);
  });
});

describe("destructionCandidates()", () => {
  const nodes = ["a", "b", "c"];

  it("allows only nodes already lost once the budget is used up", () => {
    expect(destructionCandidates(nodes, [], 2)).toEqual(nodes);
    expect(destructionCandidates(nodes, [lost("b")], 2)).toEqual(["b"]);
    expect(destructionCandidates(nodes, [lost("b")], 3)).toEqual(nodes);
    expect(destructionCandidates(nodes, [], 1)).toEqual([]);
  });
});
