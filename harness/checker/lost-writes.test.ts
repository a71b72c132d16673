import { describe, expect, test } from "vitest";
import type { FinalRead } from "../history/operation.ts";
import { checkLostWrites } from "./lost-writes.ts";
import { faultBetween, HistoryBuilder } from "./testing/history-builder.ts";
import { gatherVersions } from "./version-graph.ts";

/** The carts are empty at the end, after the cluster settled. */
function judgedEmpty(prepare: (builder: HistoryBuilder) => unknown) {
  const builder = new HistoryBuilder();
  prepare(builder);
  builder.marker("healed").marker("quiesced").finalRead("c", []).finalRead("d", []);
  const { evidence, carts } = builder.gathered();
  return checkLostWrites(evidence, carts);
}

describe("checkLostWrites()", () => {
  test("names the lost item, the acknowledgement, the process and the fault phase", () => {
    const builder = new HistoryBuilder();
    builder.add(0, "c", "i1");
    const ack = builder.add(7, "c", "i2");
    builder.marker("quiesced").finalRead("c", ["i1"]);
    const { evidence, carts } = builder.gathered([faultBetween("1-halves", 3, 4)]);
    expect(checkLostWrites(evidence, carts)).toEqual({
      verdict: "invalid",
      reasons: [
        "1 acknowledged add(s) lost; the first is i2 of c, acknowledged to process 7 by n3 at index 3 (1-halves).",
      ],
      count: 1,
      acknowledged: 2,
      undecided: 0,
      recovered: 0,
      unreadKeys: [],
      examples: [
        { key: "c", value: "i2", index: ack.index, process: 7, node: "n3", phase: "1-halves" },
      ],
    });
  });

  test.each([
    ["a remove that had read it", (b: HistoryBuilder) => b.remove(1, "c", "i1"), "valid"],
    ["such a remove in doubt", (b: HistoryBuilder) => b.remove(1, "c", "i1", "info"), "valid"],
    ["a remove that failed", (b: HistoryBuilder) => b.remove(1, "c", "i1", "fail"), "invalid"],
    [
      "a remove that had not read it",
      (b: HistoryBuilder) => b.remove(1, "c", "i1", "ok", ["i0"]),
      "invalid",
    ],
    [
      "a remove of another item",
      (b: HistoryBuilder) => b.remove(1, "c", "i0", "ok", ["i0", "i1"]),
      "invalid",
    ],
    ["a remove from another cart", (b: HistoryBuilder) => b.remove(1, "d", "i1"), "invalid"],
    ["a remove that never completed", (b: HistoryBuilder) => b.invoke(1, "remove", "c"), "unknown"],
  ])("an absent item and %s", (_, excuse, verdict) => {
    const result = judgedEmpty((builder) => {
      builder.add(0, "c", "i1");
      excuse(builder);
    });
    expect(result).toMatchObject({ verdict, count: verdict === "invalid" ? 1 : 0 });
  });

  test.each([
    ["that the final read shows", ["r"], "valid"],
    ["that the writer of what it shows had seen", ["b"], "valid"],
    ["behind a name that nobody told", ["x"], "valid"],
    ["that led to nothing it shows", ["a"], "invalid"],
  ])("a remove in doubt excuses by a version %s", (_, saw, verdict) => {
    const builder = new HistoryBuilder();
    const write = (
      f: string,
      wrote: string,
      seen: readonly string[],
      type: "ok" | "info" = "ok",
    ) => {
      const item = f === "add" ? `i-${wrote}` : null;
      const removal = f === "add" ? {} : { value: "i-a", readSet: ["i-a"] };
      const begun = builder.invoke(builder.lines.length, f, "c", item);
      builder.complete(begun, type, { wrote, saw: seen, ...removal });
    };
    write("add", "a", []);
    write("remove", "r", ["a"], "info");
    write("add", "b", ["r"], "info");
    builder.marker("quiesced").finalRead("c", []);
    const { evidence, carts } = builder.gathered();
    const [[key, read] = []] = [...evidence.finalReads];
    expect(read).toBeDefined();
    const finalReads = new Map([[key ?? "", { ...(read as FinalRead), saw }]]);
    const versionsOf = gatherVersions(evidence.pairs);
    expect(checkLostWrites({ ...evidence, finalReads }, carts, { versionsOf })).toMatchObject({
      verdict,
    });
  });

  test("an unfinished remove excuses one item only", () => {
    const result = judgedEmpty((builder) => {
      builder.add(0, "c", "i1");
      builder.add(0, "c", "i2");
      builder.add(0, "c", "i3");
      builder.invoke(1, "remove", "c");
    });
    expect(result).toMatchObject({ verdict: "invalid", count: 2, undecided: 1 });
    expect(result.examples.map(({ value }) => value)).toEqual(["i1", "i2", "i3"]);
  });

  test("adds in doubt or failed may be absent; one in doubt that is there was recovered", () => {
    const builder = new HistoryBuilder();
    builder.add(0, "c", "i1", "info");
    builder.add(1, "c", "i2", "info");
    builder.add(2, "c", "i3", "fail");
    builder.invoke(3, "add", "c", "i4");
    builder.marker("quiesced").finalRead("c", ["i2", "i4"]);
    const { evidence, carts } = builder.gathered();
    expect(checkLostWrites(evidence, carts)).toMatchObject({
      verdict: "valid",
      acknowledged: 0,
      recovered: 2,
    });
  });

  test.each([
    ["was never read", (b: HistoryBuilder) => b.marker("quiesced")],
    [
      "could not be read",
      (b: HistoryBuilder) => b.marker("quiesced").finalRead("c", null, "read-quorum-not-met"),
    ],
    [
      "was read with hints waiting",
      (b: HistoryBuilder) => b.marker("unsettled").finalRead("c", []),
    ],
    [
      "was read before the cluster settled",
      (b: HistoryBuilder) => b.finalRead("c", []).marker("quiesced"),
    ],
    ["was read in a run that never settled", (b: HistoryBuilder) => b.finalRead("c", [])],
  ])("a cart that %s makes it unknown", (_, end) => {
    const builder = new HistoryBuilder();
    builder.add(0, "c", "i1");
    end(builder);
    const { evidence, carts } = builder.gathered();
    expect(checkLostWrites(evidence, carts).verdict).toBe("unknown");
  });

  test("a cart that is absent at the end lost everything, and a retried final read counts", () => {
    const builder = new HistoryBuilder();
    builder.add(0, "c", "i1");
    builder.marker("quiesced").finalRead("c", null, "timeout").finalRead("c", null);
    const { evidence, carts } = builder.gathered();
    expect(checkLostWrites(evidence, carts)).toMatchObject({ verdict: "invalid", count: 1 });
  });

  test("one cart that could not be read does not hide what another lost", () => {
    const builder = new HistoryBuilder();
    builder.add(0, "c", "i1");
    builder.add(0, "d", "i2");
    builder.marker("quiesced").finalRead("c", []);
    const { evidence, carts } = builder.gathered();
    expect(checkLostWrites(evidence, carts)).toMatchObject({
      verdict: "invalid",
      count: 1,
      unreadKeys: ["d"],
    });
  });
});
