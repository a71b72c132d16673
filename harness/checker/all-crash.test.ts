/* Aim: a run of crashes whose final reads memory may have answered proves nothing. */

import { describe, expect, test } from "vitest";
import type { FaultRecord } from "../nemesis/fault.ts";
import { ALL_CRASH, allCrashDoubts, endsWithAllCrash } from "./all-crash.ts";
import { operationDoubts } from "./enough-operations.ts";
import { faultBetween, HistoryBuilder, NODES } from "./testing/history-builder.ts";

const CRASH: FaultRecord = {
  ...faultBetween("2-all-crash", 3_000, 6_000),
  kind: ALL_CRASH,
  nodes: NODES,
};

function doubts(
  faults: readonly FaultRecord[],
  { loadMs = 1_000, settledMs = 7_000, readMs = 8_000 } = {},
): readonly string[] {
  const builder = new HistoryBuilder();
  builder.nowNs = loadMs * 1e6;
  builder.add(0, "c", "i1");
  builder.nowNs = settledMs * 1e6;
  builder.marker("quiesced");
  builder.nowNs = readMs * 1e6;
  builder.finalRead("c", ["i1"]);
  return allCrashDoubts(builder.gathered(faults).evidence);
}

describe("endsWithAllCrash()", () => {
  const PLAN = { nemesis: ["halves", "crash"], engine: "lmdb", beyondBudget: false } as const;

  test.each([
    [{}, true],
    [{ engine: "sqlite" }, true],
    [{ writeBufferObjects: 0 }, true],
    [{ engine: "memory" }, false],
    [{ writeBufferObjects: 1 }, false],
    [{ beyondBudget: true }, false],
    [{ nemesis: ["halves", "pause", "restart", "wipe"] }, false],
    [{ nemesis: ["none"] }, false],
  ] as const)("%j: %s", (change, expected) => {
    expect(endsWithAllCrash({ ...PLAN, ...change })).toBe(expected);
  });
});

describe("allCrashDoubts()", () => {
  test("is content with a crash of every node between the load and the settling", () => {
    expect(doubts([CRASH])).toEqual([]);
  });

  test.each<[string, Parameters<typeof doubts>, string]>([
    ["none", [[]], "never crashed at once"],
    ["one of another kind", [[{ ...CRASH, kind: "crash" }]], "never crashed at once"],
    ["one that spared nodes", [[{ ...CRASH, nodes: ["n1", "n2"] }]], "spared n3, n4, n5"],
    ["one under load", [[CRASH], { loadMs: 5_000 }], "before the load's end"],
    ["one without settling", [[CRASH], { settledMs: 2_000 }], "did not settle after the crash"],
    ["one after a read", [[CRASH], { settledMs: 4_000, readMs: 5_000 }], "did not settle after"],
  ])("names %s", (_, given, reason) => {
    expect(doubts(...given)).toEqual([expect.stringContaining(reason)]);
  });

  test("nobody owes operations to its phase", () => {
    const builder = new HistoryBuilder();
    const { evidence } = builder.gathered([CRASH]);
    const told = operationDoubts(evidence, { seconds: 2, rate: 100 });
    expect(told.filter((each) => each.includes(CRASH.name))).toEqual([]);
  });
});
