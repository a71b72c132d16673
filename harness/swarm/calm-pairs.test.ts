import { describe, expect, test } from "vitest";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import { CalmPairs } from "./calm-pairs.ts";

const PAUSE: SimFault = { kind: "pause", startMs: 0, endMs: 1, node: "n2" };
const RESET: SimFault = { kind: "reset", startMs: 0, links: [{ from: "n1", to: "n2" }] };
const CUT: SimFault = {
  kind: "cut",
  method: "black-hole",
  startMs: 0,
  endMs: 1,
  links: [
    { from: "n2", to: "n1" },
    { from: "n2", to: "n1" },
  ],
};

function calm() {
  const time = { nowMs: 0 };
  const pairs = new CalmPairs(() => time.nowMs);
  const note = (nowMs: number, fault: SimFault, phase: "applied" | "healed"): void => {
    time.nowMs = nowMs;
    pairs.noted(fault, phase);
  };
  return { pairs, note };
}

describe("CalmPairs", () => {
  test("while a node is removed nobody is calm: sooner or later all others start anew", () => {
    const { pairs, note } = calm();
    const removal = { kind: "remove", startMs: 10, endMs: 30, node: "n3" } as const;
    note(10, removal, "applied");
    expect(pairs.isCalm("n1", "n3", 20)).toBe(false);
    expect(pairs.isCalm("n1", "n2", 20)).toBe(false);
    note(30, removal, "healed");
    expect(pairs.isCalm("n1", "n2", 30)).toBe(false);
    expect(pairs.isCalm("n1", "n2", 31)).toBe(true);
  });

  test("while a node joins or leaves nobody is calm: who receives may be slow, or dead", () => {
    for (const kind of ["join", "leave"] as const) {
      const { pairs, note } = calm();
      const change = { kind, startMs: 10, node: "n3" };
      note(10, change, "applied");
      expect(pairs.isCalm("n1", "n2", 20)).toBe(false);
      note(30, change, "healed");
      expect(pairs.isCalm("n1", "n2", 30)).toBe(false);
      expect(pairs.isCalm("n1", "n2", 31)).toBe(true);
    }
  });

  test("without a fault everybody is calm, and was before the world began", () => {
    expect(calm().pairs.isCalm("n1", "n2", -1_000)).toBe(true);
  });

  test.each([
    ["a fault of a node", PAUSE],
    ["a fault of one direction between them", CUT],
  ])("%s disturbs its pairs until it is over and for as long after as is asked", (_name, fault) => {
    const { pairs, note } = calm();
    note(10, fault, "applied");
    expect(pairs.isCalm("n1", "n2", 20)).toBe(false);
    expect(pairs.calmSinceMs("n1", "n2")).toBeUndefined();
    expect(pairs.isCalm("n1", "n3", 0)).toBe(true);
    note(50, fault, "healed");
    expect(pairs.isCalm("n2", "n1", 50)).toBe(false);
    expect(pairs.isCalm("n2", "n1", 51)).toBe(true);
    expect(pairs.calmSinceMs("n2", "n1")).toBe(50);
  });

  test("of two faults at once the later end counts, and one without a length is over at once", () => {
    const { pairs, note } = calm();
    note(10, CUT, "applied");
    note(20, { ...CUT }, "applied");
    note(30, CUT, "healed");
    expect(pairs.isCalm("n1", "n2", 40)).toBe(false);
    note(40, CUT, "healed");
    note(60, RESET, "applied");
    expect(pairs.isCalm("n1", "n2", 60)).toBe(false);
    expect(pairs.isCalm("n1", "n2", 61)).toBe(true);
  });

  test("nobody is calm any more once faults are not all that is wrong", () => {
    const { pairs } = calm();
    pairs.end();
    expect(pairs.isCalm("n1", "n2", 0)).toBe(false);
  });
});
