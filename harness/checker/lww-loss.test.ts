/* Hand-made histories of one key under last write wins, each version lost in a way of its own. */

import { describe, expect, test } from "vitest";
import type { LwwLossOptions } from "./lww-loss.ts";
import { checkLwwLoss } from "./lww-loss.ts";
import { HistoryBuilder } from "./testing/history-builder.ts";
import { gatherVersions } from "./version-graph.ts";

const KEY = "cart-0";
const CLOCKS_AGREE: LwwLossOptions = {
  versioning: "lww",
  beyondBudget: false,
  clockSkewMs: 0,
  quorumsMeet: false,
};

function lossOf(
  writes: readonly (readonly [name: string, saw: readonly string[], type?: "ok" | "info"])[],
  left: readonly string[],
  options: Partial<LwwLossOptions> = {},
  marker: "quiesced" | "unsettled" = "quiesced",
) {
  const builder = new HistoryBuilder();
  for (const [at, [wrote, saw, type = "ok"]] of writes.entries()) {
    builder.complete(builder.invoke(at, "add", KEY, wrote), type, { wrote, saw });
    builder.nowNs += 10e6;
  }
  builder.marker(marker).finalRead(KEY, []);
  builder.lines.push({ ...builder.lines.pop(), saw: left } as HistoryBuilder["lines"][number]);
  const { evidence } = builder.gathered();
  return checkLwwLoss(evidence, gatherVersions(evidence.pairs), { ...CLOCKS_AGREE, ...options });
}

describe("D-2.3-3, D-6-2, K-14 checkLwwLoss()", () => {
  test("excuses what is lost to a later write, whoever had seen what", () => {
    const result = lossOf([["a", []], ["b", ["a"]], ["c", ["a"]]], ["c"]); // biome-ignore format: one line
    expect(result).toMatchObject({ verdict: "valid", acknowledged: 3, lostToConcurrent: 1 });
  });

  test("accuses a store whose clocks agree of bringing back what a write replaced", () => {
    const result = lossOf([["a", []], ["b", ["a"]]], ["a"]); // biome-ignore format: one line
    expect(result).toMatchObject({ verdict: "invalid", lostToReplaced: 1 });
    expect(result?.reasons[0]).toContain("version b of cart-0, acknowledged at index 3 by");
  });

  test("accuses it of keeping an earlier write, unless that ended in doubt or at the same time", () => {
    expect(lossOf([["a", []], ["b", []]], ["a"])).toMatchObject({ verdict: "invalid", lostToEarlier: 1 }); // biome-ignore format: one line
    expect(lossOf([["a", [], "info"], ["b", []]], ["a"])).toMatchObject({ verdict: "valid", lostToConcurrent: 1 }); // biome-ignore format: one line
  });

  test("excuses wall clocks within a tick, and never hybrid ones", () => {
    const build = (versioning: "lww" | "lww-hybrid") => {
      const builder = new HistoryBuilder();
      const first = builder.invoke(1, "add", KEY, "a");
      const second = builder.invoke(2, "add", KEY, "b");
      builder.complete(first, "ok", { wrote: "a", saw: [] });
      builder.complete(second, "ok", { wrote: "b", saw: ["a"] });
      builder.marker("quiesced").finalRead(KEY, []);
      builder.lines.push({ ...builder.lines.pop(), saw: ["a"] } as HistoryBuilder["lines"][number]);
      const { evidence } = builder.gathered();
      const options = { ...CLOCKS_AGREE, versioning };
      return checkLwwLoss(evidence, gatherVersions(evidence.pairs), options);
    };
    expect(build("lww")).toMatchObject({ verdict: "valid", lostToReplaced: 1 });
    expect(build("lww-hybrid")).toMatchObject({ verdict: "invalid", lostToReplaced: 1 });
  });

  test("only counts both where clocks disagree", () => {
    const writes = [["a", []], ["b", ["a"]]] as const; // biome-ignore format: one line
    for (const clockSkewMs of [50, undefined]) {
      expect(lossOf(writes, ["a"], { clockSkewMs })).toMatchObject({
        verdict: "valid",
        lostToReplaced: 1,
        clockSkewMs: clockSkewMs ?? null,
      });
    }
  });

  test("accuses clocks that disagree of what they cannot explain: a write later by more than that, and all gone", () => {
    // The second begins 11 ms after the first has ended.
    const writes = [["a", []], ["b", []]] as const; // biome-ignore format: one line
    const late = { verdict: "invalid", lostToEarlier: 1 };
    expect(lossOf(writes, ["a"], { clockSkewMs: 8.9 })).toMatchObject(late);
    expect(lossOf(writes, ["a"], { clockSkewMs: 9 })).toMatchObject({ ...late, verdict: "valid" });
    expect(lossOf(writes, [], { clockSkewMs: 3_600_000 })?.verdict).toBe("invalid");
    expect(lossOf(writes, ["a"], { clockSkewMs: undefined })?.verdict).toBe("valid");
  });

  test("holds hybrid clocks to what they follow, 500 ms", () => {
    const writes = [["a", []], ["b", ["a"]]] as const; // biome-ignore format: one line
    const hybrid = { versioning: "lww-hybrid" } as const;
    expect(lossOf(writes, ["a"], { ...hybrid, clockSkewMs: 500 })?.verdict).toBe("invalid");
    expect(lossOf(writes, ["a"], { ...hybrid, clockSkewMs: 501 })?.verdict).toBe("valid");
    const blind = [["a", []], ["b", []]] as const; // biome-ignore format: one line
    expect(lossOf(blind, ["a"], { ...hybrid, clockSkewMs: 500 })?.verdict).toBe("valid");
  });

  test("judges neither destroyed data nor an unsettled cluster, nor modes with versions", () => {
    const writes = [["a", []], ["b", ["a"]]] as const; // biome-ignore format: one line
    expect(lossOf(writes, ["a"], { beyondBudget: true })?.verdict).toBe("valid");
    expect(lossOf(writes, ["a"], {}, "unsettled")?.verdict).toBe("unknown");
    expect(lossOf(writes, ["a"], { versioning: "dvvset" })).toBeUndefined();
  });
});

describe("C14 checkLwwLoss() between the beginning and the end", () => {
  const QUORUMS_MEET = { ...CLOCKS_AGREE, quorumsMeet: true };
  type Step =
    | { readonly wrote: string; readonly saw?: readonly string[]; readonly type?: "ok" | "info" }
    | { readonly shows: readonly string[] };

  /** Writes and reads one after the other, 10 ms apart; what is written last is there in the end. */
  function judged(steps: readonly Step[], options: LwwLossOptions = QUORUMS_MEET) {
    const builder = new HistoryBuilder();
    let last = "";
    for (const [at, step] of steps.entries()) {
      const isWrite = "wrote" in step;
      const { wrote = undefined, type = "ok" } = isWrite ? step : {};
      const saw = isWrite ? (step.saw ?? []) : step.shows;
      const begun = builder.invoke(at, isWrite ? "add" : "view", KEY, wrote ?? null);
      builder.nowNs += 10e6;
      builder.complete(begun, type, wrote === undefined ? { saw } : { wrote, saw });
      builder.nowNs += 10e6;
      last = wrote ?? last;
    }
    builder.marker("quiesced").finalRead(KEY, []);
    builder.lines.push({ ...builder.lines.pop(), saw: [last] } as HistoryBuilder["lines"][number]);
    const { evidence } = builder.gathered();
    return checkLwwLoss(evidence, gatherVersions(evidence.pairs), options);
  }

  /** b is lost to the older a, and c, whose writer read a, covers that up. */
  const COVERED_UP = [{ wrote: "a" }, { wrote: "b", saw: ["a"] }, { wrote: "c", saw: ["a"] }];

  test("finds a write that an older one beat although a later one covers it up", () => {
    const result = judged(COVERED_UP);
    expect(result).toMatchObject({ verdict: "invalid", lostToConcurrent: 1, overtakenReads: 1 });
    expect(result?.reasons[0]).toContain("showed a and not b, acknowledged at index 3");
    expect(
      judged([{ wrote: "a" }, { wrote: "b" }, { shows: ["a"] }, { wrote: "c" }]),
    ).toMatchObject({
      verdict: "invalid",
      overtakenReads: 1,
    });
    expect(judged([{ wrote: "a" }, { shows: [] }])?.verdict).toBe("invalid");
  });

  test("excuses it where quorums need not meet, where clocks explain it, and where nobody knows the clocks", () => {
    expect(judged(COVERED_UP, CLOCKS_AGREE)).toMatchObject({
      verdict: "valid",
      overtakenReads: null,
    });
    // The second write begins 11 ms after the first has ended.
    expect(judged(COVERED_UP, { ...QUORUMS_MEET, clockSkewMs: 10 })?.verdict).toBe("valid");
    expect(judged(COVERED_UP, { ...QUORUMS_MEET, clockSkewMs: 8 })?.verdict).toBe("invalid");
    expect(judged(COVERED_UP, { ...QUORUMS_MEET, clockSkewMs: undefined })?.verdict).toBe("valid");
    expect(judged(COVERED_UP, { ...QUORUMS_MEET, beyondBudget: true })?.verdict).toBe("valid");
  });

  test("is silent about reads that show what was acknowledged, or what may have come later", () => {
    const quiet = { verdict: "valid", overtakenReads: 0 };
    expect(
      judged([{ wrote: "a" }, { shows: ["a"] }, { wrote: "b" }, { shows: ["b"] }]),
    ).toMatchObject(quiet);
    // In doubt: it may have been written after the other.
    expect(
      judged([{ wrote: "a", type: "info" }, { wrote: "b" }, { shows: ["a"] }, { wrote: "c" }]),
    ).toMatchObject(quiet);
    // A blind write has read nothing.
    expect(judged([{ wrote: "a" }, { wrote: "b" }, { shows: ["b"] }])).toMatchObject(quiet);
    // Not acknowledged: nobody has to show it.
    expect(
      judged([{ wrote: "a" }, { wrote: "b", type: "info" }, { shows: ["a"] }, { wrote: "c" }]),
    ).toMatchObject(quiet);
  });

  test("is silent about a read that began before the write was over", () => {
    const builder = new HistoryBuilder();
    builder.complete(builder.invoke(1, "add", KEY, "a"), "ok", { wrote: "a", saw: [] });
    builder.nowNs += 10e6;
    const write = builder.invoke(2, "add", KEY, "b");
    const read = builder.invoke(3, "view", KEY);
    builder.complete(write, "ok", { wrote: "b", saw: ["a"] });
    builder.complete(read, "ok", { saw: ["a"] });
    builder.marker("quiesced").finalRead(KEY, []);
    builder.lines.push({ ...builder.lines.pop(), saw: ["b"] } as HistoryBuilder["lines"][number]);
    const { evidence } = builder.gathered();
    const result = checkLwwLoss(evidence, gatherVersions(evidence.pairs), QUORUMS_MEET);
    expect(result).toMatchObject({ verdict: "valid", overtakenReads: 0 });
  });
});
