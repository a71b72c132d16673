import { describe, expect, it } from "vitest";
import type { ExpectationInput } from "./expects.ts";
import { expectationOf } from "./expects.ts";

const SAFE: ExpectationInput = {
  versioning: "dvvset",
  reconcile: "union",
  beyondBudget: false,
  engine: "lmdb",
  nemesis: ["crash"],
  w: 2,
};

describe("expectationOf()", () => {
  it.each([
    ["nothing that loses", {}, "valid"],
    ["merged vectors and an OR-set", { versioning: "merged", reconcile: "or-set" }, "valid"],
    ["last write wins", { versioning: "lww" }, "may-lose"],
    ["the paper's clocks", { versioning: "vector-clock" }, "may-lose"],
    ["a reconciler that keeps one version", { reconcile: "lww" }, "may-lose"],
    ["faults beyond the budget", { beyondBudget: true }, "may-lose"],
    ["the memory engine, a crash and W=1", { engine: "memory", w: 1 }, "may-lose"],
    ["the memory engine, a crash and W=2", { engine: "memory" }, "valid"],
    [
      "the memory engine and W=1 without a crash",
      { engine: "memory", w: 1, nemesis: ["none"] },
      "valid",
    ],
    ["fewer replicas destroyed than W", { replicasDestroyed: 1 }, "valid"],
    ["as many replicas destroyed as W", { replicasDestroyed: 2 }, "may-lose"],
    [
      "none destroyed, whatever the kinds allow",
      { replicasDestroyed: 0, engine: "memory", w: 1 },
      "valid",
    ],
  ] as const)("with %s says what must come out", (_what, change, verdict) => {
    expect(expectationOf({ ...SAFE, ...change })).toMatchObject({ verdict });
  });

  it("names the numbers where faults destroy too much", () => {
    expect(expectationOf({ ...SAFE, replicasDestroyed: 3 }).reason).toBe(
      "faults destroy the data of 3 replicas, W=2 or more",
    );
  });
});
