/* What a run says of its end counts from the last time on that the cluster settled. */
import { describe, expect, test } from "vitest";
import { HistoryBuilder } from "./testing/history-builder.ts";

const ROOTS = { 0: "aa" };

describe("gatherEvidence()", () => {
  test("takes the last marker for what decides, and the trees that were told after it", () => {
    const builder = new HistoryBuilder().marker("healed").marker("quiesced");
    builder
      .treeRoots("n1", { 0: "old" })
      .treeRoots("n2", ROOTS)
      .marker("healed")
      .marker("quiesced");
    const { evidence } = builder.treeRoots("n1", ROOTS).gathered();
    expect(evidence.settled).toMatchObject({ name: "quiesced", index: 5 });
    expect([...evidence.treeRoots.keys()]).toEqual(["n1"]);
    expect(evidence.treeRoots.get("n1")).toMatchObject({ roots: ROOTS });
  });

  test.each<[string, (builder: HistoryBuilder) => void]>([
    ["the cluster was healed", (builder) => builder.marker("healed")],
    [
      "a fault was injected",
      (builder) => {
        const { length: index } = builder.lines;
        const timeNs = builder.nowNs;
        builder.lines.push({ index, type: "fault", phase: "applied", fault: "1-one", timeNs });
      },
    ],
  ])("knows of no settled cluster, nor of trees, where %s after it had settled", (_, disturb) => {
    const builder = new HistoryBuilder().marker("healed").marker("quiesced");
    builder.treeRoots("n1", ROOTS);
    disturb(builder);
    const { evidence } = builder.finalRead("c", []).gathered();
    expect(evidence.settled).toBeUndefined();
    expect(evidence.treeRoots.size).toBe(0);
  });
});
