import { describe, expect, it } from "vitest";
import { configurationDoubts } from "./configuration-doubts.ts";

const GATHERS = {
  writeBufferObjects: 1_000,
  durableReplicas: 1,
  durableGatherMs: 100,
  hedgeMs: 100,
};

describe("configurationDoubts()", () => {
  it("tells of durable copies that wait until their replica counts as silent", () => {
    expect(configurationDoubts(GATHERS)).toEqual([
      expect.stringMatching(/^durableGatherMs 100 is not below hedgeMs 100: /),
    ]);
  });

  it.each([
    ["they wait for less", { durableGatherMs: 99 }],
    ["nothing is buffered", { writeBufferObjects: 0 }],
    ["nobody is asked to store first", { durableReplicas: 0 }],
  ])("has none where %s", (_what, changed) => {
    expect(configurationDoubts({ ...GATHERS, ...changed })).toEqual([]);
  });
});
