import { describe, expect, it } from "vitest";
import { configurationDoubts } from "./configuration-doubts.ts";

const DOUBTLESS = {
  writeBufferObjects: 1_000,
  durableReplicas: 1,
  durableGatherMs: 20,
  hedgeMs: 100,
  members: [1, 2, 3],
  gossipMs: 0,
  n: 3,
  r: 2,
  w: 2,
};

describe("configurationDoubts()", () => {
  it("has none about what is wanted", () => {
    expect(configurationDoubts(DOUBTLESS)).toEqual([]);
  });

  it("tells of durable copies that wait until their replica counts as silent", () => {
    expect(configurationDoubts({ ...DOUBTLESS, durableGatherMs: 100 })).toEqual([
      expect.stringMatching(/^durableGatherMs 100 is not below hedgeMs 100: [^\n]*$/),
    ]);
  });

  it.each([
    ["they wait for less", { durableGatherMs: 99 }],
    ["nothing is buffered", { durableGatherMs: 100, writeBufferObjects: 0 }],
    ["nobody is asked to store first", { durableGatherMs: 100, durableReplicas: 0 }],
  ])("has none about durable copies where %s", (_what, changed) => {
    expect(configurationDoubts({ ...DOUBTLESS, ...changed })).toEqual([]);
  });

  it.each([
    [
      { members: [1, 2] },
      "n 3 is more than there are members, 2: no key has as many copies as it should",
    ],
    [
      { members: [1] },
      "n 3 is more than there are members, 1: no key has as many copies as it should, and r 2 and w 2 cannot be met, so that reads and writes are refused",
    ],
    [
      { members: [1, 2], w: 3 },
      "n 3 is more than there are members, 2: no key has as many copies as it should, and w 3 cannot be met, so that writes are refused",
    ],
    [
      { members: [1, 2], r: 3 },
      "n 3 is more than there are members, 2: no key has as many copies as it should, and r 3 cannot be met, so that reads are refused",
    ],
  ])("tells of fewer members than copies: %j", (changed, doubt) => {
    expect(configurationDoubts({ ...DOUBTLESS, ...changed })).toEqual([doubt]);
  });

  it("has none about the founders of a cluster that others join", () => {
    expect(configurationDoubts({ ...DOUBTLESS, members: [1], gossipMs: 1_000 })).toEqual([]);
  });
});
