import { describe, expect, it } from "vitest";
import { NEMESIS_KINDS } from "../run/plan.ts";
import type { Durability, ExpectationInput } from "./expects.ts";
import { destroysData, expectationOf, mayMiss } from "./expects.ts";

const SAFE: ExpectationInput = {
  versioning: "dvvset",
  reconcile: "union",
  beyondBudget: false,
  engine: "lmdb",
  nemesis: ["crash"],
  n: 3,
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
    ["a write buffer, a crash and W=1", { writeBufferObjects: 10, w: 1 }, "may-lose"],
    ["a write buffer, a crash and W=2", { writeBufferObjects: 10 }, "valid"],
    [
      "the memory engine and W=1 without a crash",
      { engine: "memory", w: 1, nemesis: ["none"] },
      "valid",
    ],
    ["a wipe and W=2", { nemesis: ["wipe"] }, "valid"],
    ["a wipe and W=1", { nemesis: ["wipe"], w: 1 }, "may-lose"],
    [
      "a restart of the memory engine and W=1",
      { nemesis: ["restart"], engine: "memory", w: 1 },
      "may-lose",
    ],
    ["a restart of the synced engine and W=1", { nemesis: ["restart"], w: 1 }, "valid"],
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

describe("mayMiss()", () => {
  it.each([
    ["R + W > N and nothing destroyed", { n: 3, r: 2, w: 2, replicasDestroyed: 0 }, false],
    ["R + W = N", { n: 3, r: 1, w: 2, replicasDestroyed: 0 }, true],
    ["one of the two copies destroyed", { n: 3, r: 2, w: 2, replicasDestroyed: 1 }, true],
    ["one of three copies destroyed", { n: 3, r: 2, w: 3, replicasDestroyed: 1 }, false],
    [
      "one of two copies destroyed and all asked",
      { n: 3, r: 3, w: 2, replicasDestroyed: 1 },
      false,
    ],
    ["both copies destroyed and all asked", { n: 3, r: 3, w: 2, replicasDestroyed: 2 }, true],
    ["more destroyed than there were copies", { n: 3, r: 3, w: 2, replicasDestroyed: 5 }, true],
  ] as const)("with %s", (_what, sizes, expected) => {
    expect(mayMiss(sizes)).toBe(expected);
    expect(mayMiss(sizes)).toBe(missesByCounting(sizes));
  });
});

/** Slow and obvious: destroys the data of holders, then tries every set of R replicas for one without the write. */
function missesByCounting({ n, r, w, replicasDestroyed }: Parameters<typeof mayMiss>[0]): boolean {
  const holders = new Set(Array.from({ length: w }, (_, replica) => replica));
  for (let replica = 0; replica < replicasDestroyed; replica += 1) holders.delete(replica);
  return Array.from({ length: 2 ** n }, (_, bits) => bits).some((bits) => {
    const asked = Array.from({ length: n }, (_, replica) => replica).filter(
      (replica) => (bits >> replica) % 2 === 1,
    );
    return asked.length === r && asked.every((replica) => !holders.has(replica));
  });
}

describe("destroysData()", () => {
  it("knows which kinds take data from which engine", () => {
    const destroying = (durability: Durability) =>
      NEMESIS_KINDS.filter((kind) => destroysData(kind, durability));
    expect(destroying({ engine: "lmdb" })).toEqual(["wipe"]);
    expect(destroying({ engine: "sqlite" })).toEqual(["wipe"]);
    expect(destroying({ engine: "memory" })).toEqual(["crash", "restart", "wipe", "memory"]);
    // An orderly end flushes.
    const buffered = { engine: "lmdb", writeBufferObjects: 1_000 } as const;
    expect(destroying(buffered)).toEqual(["crash", "wipe", "memory"]);
  });
});
