/* Hand-made histories of one key under last write wins, each version lost in a way of its own. */

import { describe, expect, test } from "vitest";
import type { LwwLossOptions } from "./lww-loss.ts";
import { checkLwwLoss } from "./lww-loss.ts";
import { HistoryBuilder } from "./testing/history-builder.ts";
import { gatherVersions } from "./version-graph.ts";

const KEY = "cart-0";
const CLOCKS_AGREE: LwwLossOptions = { versioning: "lww", beyondBudget: false, clockSkewMs: 0 };

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
