import { describe, expect, test } from "vitest";
import type { Violation } from "../drivers/sim/observer.ts";
import type { Plan, Verdict } from "../run/plan.ts";
import type { FindingsParts } from "./findings.ts";
import { findingsOf } from "./findings.ts";
import { plainPlan } from "./testing/plain-plan.ts";

const VIOLATION: Violation = {
  check: "dot-issued-twice",
  anomaly: "twice",
  detail: "n1 minted it twice",
  timeMs: 5,
};

const ORACLE = { violations: [], lossSeen: false, keysForgotten: new Set<string>() };

function found(
  verdict: Verdict,
  parts: Partial<Omit<FindingsParts, "plan">> & {
    readonly expected?: Plan["expects"]["verdict"];
  } = {},
) {
  const { expected = "valid", ...others } = parts;
  const plan = plainPlan();
  const expects: Plan["expects"] = { ...plan.run.expects, verdict: expected };
  const result = (own: Verdict, reasons: readonly string[]) => ({ verdict: own, reasons });
  return findingsOf({
    plan: { ...plan, run: { ...plan.run, expects } },
    summary: {
      verdict,
      checkers: {
        "lost-writes": result(verdict, verdict === "valid" ? [] : ["worst", "less bad"]),
        convergence: result("valid", []),
      },
    },
    oracle: ORACLE,
    others: [],
    ...others,
  });
}

describe("findingsOf()", () => {
  test("finds nothing in a run that is as it should be", () => {
    expect(found("valid")).toEqual([]);
  });

  test("excuses no loss that no clock explains, though its plan may lose", () => {
    const summary = {
      verdict: "invalid",
      checkers: { "lww-loss": { verdict: "invalid", reasons: ["an older version came back"] } },
    } as const;
    expect(found("invalid", { summary, expected: "may-lose" })).toEqual([
      {
        check: "lww-loss",
        anomaly: "a loss that no clock explains",
        detail: "an older version came back",
      },
    ]);
    const explained = {
      ...summary,
      checkers: { "lww-loss": { verdict: "valid", reasons: [] } },
    } as const;
    expect(found("invalid", { summary: explained, expected: "may-lose" })).toEqual([]);
  });

  test("excuses no refusal where nothing keeps a store from serving, though its plan may lose", () => {
    const refused = { verdict: "invalid", reasons: ["1 key(s) were not served"] } as const;
    const summary = { verdict: "invalid", checkers: { "expected-availability": refused } } as const;
    expect(found("invalid", { summary, expected: "may-lose" })).toEqual([
      {
        check: "expected-availability",
        anomaly: "refused where nothing keeps it from serving",
        detail: "1 key(s) were not served",
      },
    ]);
    expect(found("invalid", { summary })).toHaveLength(1);
  });

  test.each([
    ["false-dominance", false],
    ["missing-sibling", false],
    ["false-sibling", false],
    ["never-written", true],
    ["own-past", true],
  ])("of causality, %s is found where a plan may lose: %s", (kind, isFound) => {
    const none = {
      "false-dominance": 0,
      "missing-sibling": 0,
      "false-sibling": 0,
      "never-written": 0,
      "own-past": 0,
    };
    const counts = { ...none, "false-dominance": 3, [kind]: 1 };
    const causality = { verdict: "invalid", reasons: ["first"], counts, examples: [] } as const;
    const summary = { verdict: "invalid", checkers: { causality } } as const;
    const finding = { check: "causality", anomaly: "a version that nobody made", detail: "first" };
    const expected = isFound ? [finding] : [];
    expect(found("invalid", { summary, expected: "may-lose" })).toEqual(expected);
  });

  test("lists what the simulator saw first, then what others found", () => {
    const other = { check: "crash", anomaly: "Error", detail: "died" };
    const oracle = { ...ORACLE, violations: [VIOLATION] };
    expect(found("valid", { oracle, others: [other] })).toEqual([VIOLATION, other]);
    expect(found("valid", { oracle: undefined, others: [other] })).toEqual([other]);
  });

  test.each(["invalid", "unknown"] as const)(
    "finds a verdict %s that was not expected",
    (verdict) => {
      const finding = { check: "lost-writes", anomaly: verdict, detail: "worst" };
      expect(found(verdict)).toEqual([finding]);
      expect(found(verdict, { expected: "may-lose" })).toEqual([]);
    },
  );

  describe("K-11: an overwritten write that is back on a key whose lists were full", () => {
    const back = { kind: "false-sibling", key: "cart-0", version: "1-1", other: "2-2", index: 9 };
    const counts = {
      "false-dominance": 0,
      "missing-sibling": 0,
      "false-sibling": 1,
      "never-written": 0,
      "own-past": 0,
    };
    const oracle = { ...ORACLE, keysForgotten: new Set(["cart-0"]) };

    function ofCausality(
      fields: object,
      others: FindingsParts["summary"]["checkers"] = {},
    ): Pick<FindingsParts, "summary" | "oracle"> {
      const causality = {
        verdict: "invalid",
        reasons: ["back"],
        counts,
        examples: [back],
      } as const;
      const checkers = { causality: { ...causality, ...fields }, ...others };
      return { summary: { verdict: "invalid", checkers }, oracle };
    }

    test("is what the store says of itself", () => {
      expect(found("invalid", ofCausality({}))).toEqual([]);
    });

    test.each([
      ["another key", { examples: [{ ...back, key: "cart-1" }] }],
      ["another anomaly", { examples: [{ ...back, kind: "missing-sibling" }] }],
      ["more anomalies than are shown", { counts: { ...counts, "false-sibling": 2 } }],
    ])("excuses nothing else: %s", (_, fields) => {
      const finding = { check: "causality", anomaly: "invalid", detail: "back" };
      expect(found("invalid", ofCausality(fields))).toEqual([finding]);
    });

    test("excuses no other checker, and no key of which the oracle saw nothing", () => {
      const others = { "lost-writes": { verdict: "invalid", reasons: ["lost"] } } as const;
      expect(found("invalid", ofCausality({}, others))).toMatchObject([{ check: "lost-writes" }]);
      const unseen = { ...ofCausality({}), oracle: ORACLE };
      expect(found("invalid", unseen)).toMatchObject([{ check: "causality" }]);
    });
  });

  test("finds checkers that call a run valid in which the simulator saw a loss", () => {
    const oracle = { ...ORACLE, lossSeen: true };
    expect(found("valid", { oracle })).toMatchObject([{ check: "verdict" }]);
    expect(found("valid", { oracle, expected: "may-lose" })).toMatchObject([{ check: "verdict" }]);
    expect(found("invalid", { oracle, expected: "may-lose" })).toEqual([]);
  });
});
