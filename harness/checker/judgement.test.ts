/* Sanity, the verdict over all, and what was to be expected. */

import { describe, expect, test } from "vitest";
import type { HistoryLine } from "../history/operation.ts";
import type { Verdict } from "../run/plan.ts";
import type { ExpectationInput } from "./expects.ts";
import { expectationOf } from "./expects.ts";
import { checkHistorySanity } from "./history-sanity.ts";
import { HistoryBuilder } from "./testing/history-builder.ts";
import { combineVerdicts, worseThanExpected } from "./verdict.ts";

describe("checkHistorySanity()", () => {
  const judged = (damage: (builder: HistoryBuilder) => void) => {
    const builder = new HistoryBuilder();
    builder.add(0, "c", "i1");
    builder.view(0, "c", ["i1"]);
    damage(builder);
    const { evidence, carts } = builder.gathered();
    return checkHistorySanity(evidence, carts);
  };

  test("is content with a whole history", () => {
    expect(judged(() => {})).toEqual({ verdict: "valid", reasons: [] });
  });

  test("lets doubt be told late, what failed be read again, and clients work until the last marker, or where the cluster never settles", () => {
    const isSound = (damage: (builder: HistoryBuilder) => void) => judged(damage).verdict;
    expect(
      isSound((b) => {
        b.marker("quiesced").add(1, "c", "i2");
        const hanging = b.invoke(2, "add", "c", "i3");
        b.marker("healed").marker("quiesced").complete(hanging, "info");
      }),
    ).toBe("valid");
    expect(
      isSound((b) =>
        b
          .treeRoots("n1", {})
          .marker("quiesced")
          .treeRoots("n1", {})
          .finalRead("c", null, "timeout")
          .finalRead("c", ["i1"]),
      ),
    ).toBe("valid");
    expect(isSound((b) => b.marker("unsettled").add(1, "c", "i2"))).toBe("valid");
  });

  test.each<[string, (builder: HistoryBuilder) => void, string]>([
    [
      "a process with two operations",
      (b) => {
        b.invoke(1, "view", "c");
        b.invoke(1, "view", "c");
      },
      "with an operation under way",
    ],
    [
      "time that goes back",
      (b) => {
        b.nowNs = 0;
        b.add(1, "c", "i2");
      },
      "Time goes back from 3000000 ns to 0 ns at index 4",
    ],
    [
      "an add that began after the cluster was quiet",
      (b) => {
        b.marker("quiesced").add(1, "c", "i2");
      },
      "2 line(s) tell of clients at work after the cluster was quiet (index 4); the first is at index 5.",
    ],
    [
      "an add that was under way when it was",
      (b) => {
        const add = b.invoke(1, "add", "c", "i2");
        b.marker("quiesced").complete(add, "ok");
      },
      "1 line(s) tell of clients at work after the cluster was quiet (index 5); the first is at index 6.",
    ],
    [
      "a final read that names one version of two",
      (b) => {
        b.finalRead("c", ["i1"]);
        b.lines[4] = { ...b.lines[4], versions: 2, saw: ["v1"] } as HistoryLine;
      },
      "The final read at index 4 names 1 of 2 versions.",
    ],
    [
      "a write that names no version beside one that does",
      (b) => b.complete(b.invoke(1, "add", "c", "i2"), "ok", { wrote: "v2", saw: [] }),
      "The add at index 1 does not name the version that it wrote.",
    ],
    [
      "a key that is read twice at the end",
      (b) => b.marker("quiesced").finalRead("c", []).finalRead("c", ["i1"]),
      "The final-read of c at index 6 is not the only one.",
    ],
    [
      "a key that is read before the last marker and after it",
      (b) => b.marker("quiesced").finalRead("c", []).marker("quiesced").finalRead("c", ["i1"]),
      "The final-read of c at index 7 is not the only one.",
    ],
    [
      "a node that tells of its trees twice",
      (b) => b.marker("quiesced").treeRoots("n1", {}).treeRoots("n1", { "0": "aa" }),
      "The tree-roots of n1 at index 6 is not the only one.",
    ],
    [
      "a copy that is read twice at the end",
      (b) => b.marker("quiesced").replicas("c", "aa", "bb").replicas("c", "bb"),
      "The replica-read of c on n1 at index 7 is not the only one.",
    ],
    [
      "a gap",
      (b) => {
        b.lines.splice(1, 1);
      },
      "The line at position 1 has index 2",
    ],
    [
      "one version of two writes",
      (b) => {
        for (const item of ["i2", "i3"]) {
          b.complete(b.invoke(1, "add", "c", item), "ok", { wrote: "v", saw: [] });
        }
      },
      "Version v of c is written at index 5 and at 7",
    ],
    [
      "fewer names than versions",
      (b) => {
        b.complete(b.invoke(1, "view", "c"), "ok", { value: ["i1"], saw: ["v"], versions: 7 });
      },
      "The view at index 5 names 1 of 7 versions",
    ],
    [
      "an add that ends with another item",
      (b) => {
        b.complete(b.invoke(1, "add", "c", "i2"), "ok", { value: "i3" });
      },
      "The add at index 5 ended with another item",
    ],
    [
      "an item added twice",
      (b) => {
        b.add(1, "c", "i1");
      },
      "Item i1 of c is added a second time at index 4",
    ],
    [
      "a function no cart has",
      (b) => {
        b.invoke(1, "steal", "c");
      },
      "The function steal at index 4",
    ],
    [
      "a view of no list",
      (b) => {
        b.complete(b.invoke(1, "view", "c"), "ok", { value: 7 });
      },
      "holds no list of items",
    ],
    [
      "a start before its intended one",
      (b) => {
        const i = b.invoke(1, "view", "c");
        b.lines[i.index] = { ...i, intendedNs: i.timeNs + 1 };
      },
      "began before its intended start",
    ],
  ])("does not trust %s", (_, damage, reason) => {
    const { verdict, reasons } = judged(damage);
    expect(verdict).toBe("unknown");
    expect(reasons.join(" ")).toContain(reason);
  });
});

describe("verdicts", () => {
  const result = (verdict: Verdict) => ({
    verdict,
    reasons: verdict === "valid" ? [] : [`is ${verdict}`],
  });

  test("invalid beats unknown beats valid, and the reasons come in that order", () => {
    expect(
      combineVerdicts({ a: result("unknown"), b: result("invalid"), c: result("valid") }),
    ).toEqual({
      verdict: "invalid",
      reasons: ["b: is invalid", "a: is unknown"],
    });
    expect(combineVerdicts({ a: result("valid"), b: result("unknown") }).verdict).toBe("unknown");
    expect(combineVerdicts({ a: result("valid") })).toEqual({ verdict: "valid", reasons: [] });
  });

  test.each<[Verdict, boolean, boolean]>([
    ["valid", false, false],
    ["unknown", true, false],
    ["invalid", true, false],
  ])("%s is worse than valid: %s, than may-lose: %s", (verdict, thanValid, thanMayLose) => {
    expect(worseThanExpected(verdict, { verdict: "valid", reason: "" })).toBe(thanValid);
    expect(worseThanExpected(verdict, { verdict: "may-lose", reason: "" })).toBe(thanMayLose);
  });
});

describe("expectationOf()", () => {
  const DEFAULT: ExpectationInput = {
    versioning: "dvvset",
    reconcile: "union",
    beyondBudget: false,
    engine: "lmdb",
    nemesis: ["halves", "crash"],
    n: 3,
    w: 2,
  };

  test.each<[Partial<ExpectationInput>, "valid" | "may-lose", string]>([
    [{}, "valid", "dvvset with union"],
    [{ versioning: "merged", reconcile: "or-set" }, "valid", "merged with or-set"],
    [{ engine: "memory" }, "valid", "W=2"],
    [{ engine: "memory", w: 1 }, "may-lose", "one crash of the memory engine"],
    [{ engine: "memory", w: 1, nemesis: ["halves"] }, "valid", "W=1"],
    [{ versioning: "lww" }, "may-lose", "versioning lww"],
    [{ versioning: "vector-clock" }, "may-lose", "versioning vector-clock"],
    [{ versioning: "vector-clock-max" }, "may-lose", "versioning vector-clock-max"],
    [{ reconcile: "lww" }, "may-lose", "reconciler lww"],
    [{ beyondBudget: true }, "may-lose", "W or more"],
  ])("%j: %s", (change, verdict, reason) => {
    const expectation = expectationOf({ ...DEFAULT, ...change });
    expect(expectation.verdict).toBe(verdict);
    expect(expectation.reason).toContain(reason);
  });
});
