/*
 * The whole way of a run without a network: the cart workload on virtual time, its history as text, read again and
 * analysed. What comes out must be the same as from memory, and must tell a right store from wrong ones.
 */

import { describe, expect, test } from "vitest";
import type { AnalysisInput } from "../harness/checker/analyze.ts";
import { analyze } from "../harness/checker/analyze.ts";
import { expectationOf } from "../harness/checker/expects.ts";
import { worseThanExpected } from "../harness/checker/verdict.ts";
import { readHistory } from "../harness/history/read-history.ts";
import type { FaultFile } from "../harness/nemesis/fault.ts";
import type { Plan } from "../harness/run/plan.ts";
import type { VersioningMode } from "../src/causality/versioning.ts";
import type { CartKind } from "../src/client/reconcile/cart-reconciler.ts";
import { simulateCarts } from "./testing/simulated-carts.ts";

const NO_FAULTS: FaultFile = { format: "ringside-faults", version: 1, faults: [], silentLinks: [] };

function planOf(versioning: VersioningMode, reconcile: CartKind): Plan {
  const plan = {
    format: "ringside-plan",
    version: 1,
    workload: "shopping-cart",
    cluster: "sim",
    nodes: 5,
    n: 3,
    r: 2,
    w: 2,
    partitions: 1_024,
    quorum: "sloppy",
    versioning,
    reconcile,
    engine: "memory",
    nemesis: ["none"],
    rate: 500,
    clients: 10,
    carts: 4,
    clientsRoam: false,
    seconds: 3,
    seed: 1,
    toxiproxyUrl: undefined,
    slo: undefined,
    beyondBudget: false,
  } as const;
  return { ...plan, expects: expectationOf(plan) };
}

async function inputOf(
  mode: VersioningMode,
  reconcile: CartKind,
  seed = 1,
): Promise<AnalysisInput> {
  // A healthy cluster that leaves more of its writes in doubt is not as available as it can be.
  const { text } = await simulateCarts({ seed, mode, reconcile, doubt: 0.02, seconds: 3 });
  const toxiproxy = { kind: "none", version: "" } as const;
  return { plan: planOf(mode, reconcile), ...readHistory(text), faultFile: NO_FAULTS, toxiproxy };
}

describe("analyze()", () => {
  test.each([
    ["dvvset", "union"],
    ["dvvset", "or-set"],
    ["merged", "or-set"],
  ] as const)("a %s store with %s carts is valid", async (mode, reconcile) => {
    const { summary, hgrm } = analyze(await inputOf(mode, reconcile));
    expect(summary).toMatchObject({
      verdict: "valid",
      reasons: [],
      lostWrites: { count: 0, examples: [] },
    });
    expect(summary.operations.attempted).toBe(
      summary.operations.ok + summary.operations.fail + summary.operations.info,
    );
    expect(summary.operations.ok).toBeGreaterThan(1_000);
    expect(Object.keys(summary.latencyMs).sort()).toEqual(["add", "all", "remove", "view"]);
    expect([...hgrm().keys()]).toContain("all");
    expect(worseThanExpected(summary.verdict, summary.expects)).toBe(false);
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });

  test.each([
    ["lww", "union"],
    ["vector-clock", "union"],
    ["vector-clock-max", "union"],
    ["dvvset", "lww"],
  ] as const)(
    "a %s store with %s carts is invalid, the lost items named",
    async (mode, reconcile) => {
      const { summary } = analyze(await inputOf(mode, reconcile));
      expect(summary.verdict).toBe("invalid");
      expect(summary.reasons[0]).toMatch(
        /^lost-writes: \d+ acknowledged add\(s\) lost; the first is i\d+ of cart-\d/,
      );
      expect(summary.lostWrites.examples[0]).toMatchObject({
        key: expect.stringMatching(/^cart-/),
        value: expect.stringMatching(/^i\d+$/),
      });
      expect(worseThanExpected(summary.verdict, summary.expects)).toBe(false);
    },
  );

  test("is unknown, never valid, without the record of the faults, cut short, or with the final reads gone", async () => {
    const input = await inputOf("dvvset", "union");
    expect(analyze({ ...input, faultFile: undefined }).summary.verdict).toBe("unknown");
    expect(analyze({ ...input, truncated: "cut short" }).summary.verdict).toBe("unknown");
    expect(
      analyze({
        ...input,
        lines: input.lines
          .filter(({ type }) => type !== "final-read")
          .map((line, index) => ({ ...line, index })),
      }).summary.verdict,
    ).toBe("unknown");
  });

  test.each([
    ["empty", "invalid", "stale-reads", (): object => ({ value: [], saw: [], versions: 0 })],
    [
      "of versions nobody wrote",
      "invalid",
      "causality|stale-reads",
      (): object => ({ saw: ["9-9-9"], versions: 1 }),
    ],
    ["of nothing under full names", "invalid", "read-contents", (): object => ({ value: [] })],
    ["nameless", "unknown", "unreadable-reads", (): object => ({ saw: undefined, versions: 1 })],
    ["undecodable", "unknown", "unreadable-reads", (): object => ({ type: "fail", error: "bad-value", saw: undefined, versions: undefined })], // biome-ignore format: one line
  ] as const)(
    "D-4.5-4 views that are %s leave a run with strict quorums %s (%s)",
    async (_, verdict, checker, change) => {
      const input = await inputOf("dvvset", "union");
      const plan = { ...input.plan, quorum: "strict" } as const;
      expect(analyze({ ...input, plan }).summary).toMatchObject({
        verdict: "valid",
        checkers: { "stale-reads": { stale: 0 } },
      });
      let views = 0;
      const lines = input.lines.map((line) => {
        const isView = line.type === "ok" && line.f === "view" && views++ % 25 === 24;
        return isView ? ({ ...line, ...change() } as typeof line) : line;
      });
      const { summary } = analyze({ ...input, plan, lines });
      expect(summary.verdict).toBe(verdict);
      const convicts = Object.entries(summary.checkers).filter(
        ([, result]) => result.verdict === verdict,
      );
      expect(convicts.map(([name]) => name).join("|")).toBe(checker);
    },
  );

  test("holds no read to quorums that are sloppy, too small, or whose data faults may take", async () => {
    const input = await inputOf("dvvset", "union");
    const strict = { ...input.plan, quorum: "strict" } as const;
    const staleOf = (plan: Plan, guard: "run" | "end" = "run") =>
      analyze({ ...input, plan, guard }).summary.checkers["stale-reads"]?.["stale"];
    expect(staleOf(strict)).toBe(0);
    expect(staleOf({ ...strict, quorum: "sloppy" })).toBeNull();
    expect(staleOf({ ...strict, r: 1 })).toBeNull();
    expect(staleOf({ ...strict, nemesis: ["wipe"] })).toBeNull();
    expect(staleOf(strict, "end")).toBeNull();
  });

  test("trusts nothing in a history that breaks its own rules", async () => {
    const input = await inputOf("lww", "union");
    const { summary } = analyze({ ...input, lines: input.lines.toSpliced(10, 1) });
    expect(summary.verdict).toBe("unknown");
    expect(summary.reasons[0]).toMatch(/^history-sanity: /);
    expect(summary.checkers["lost-writes"]?.verdict).toBe("unknown");
  });

  test("holds the latency of all operations and of the successful ones against the plan's SLO", async () => {
    const input = await inputOf("dvvset", "union");
    const { summary } = analyze({ ...input, plan: { ...input.plan, slo: "p50<1us" } });
    expect(summary).toMatchObject({
      verdict: "invalid",
      reasons: [
        expect.stringMatching(/^slo: SLO p50<0.001ms was missed: .* operations/),
        expect.stringMatching(/^slo: SLO p50<0.001ms was missed: .* successful operations/),
      ],
    });
    const few = input.lines.map((line) =>
      line.type === "ok" ? ({ ...line, type: "fail", error: "overloaded" } as typeof line) : line,
    );
    const refused = analyze({ ...input, lines: few, plan: { ...input.plan, slo: "p50<1s" } });
    expect(refused.summary.checkers["slo"]).toEqual({
      verdict: "unknown",
      reasons: [
        expect.stringMatching(
          /takes 2 successful operations to be judged: of \d+ that ended 0 succeeded/,
        ),
      ],
    });
  });
});
