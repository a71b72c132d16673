import { describe, expect, test } from "vitest";
import { HistoryBuilder } from "./testing/history-builder.ts";
import { checkUnreadableReads } from "./unreadable-reads.ts";

const judged = (builder: HistoryBuilder, isNamed = true) =>
  checkUnreadableReads(builder.gathered().evidence, { isNamed });

describe("checkUnreadableReads()", () => {
  test("is content with reads that name their versions, or found none", () => {
    const builder = new HistoryBuilder();
    builder.complete(builder.invoke(0, "view", "c"), "ok", { saw: ["a"], versions: 1 });
    builder.complete(builder.invoke(1, "view", "c"), "ok", { saw: [], versions: 0 });
    builder.complete(builder.invoke(2, "view", "c"), "fail", { error: "overloaded" });
    expect(judged(builder)).toMatchObject({ verdict: "valid", undecodable: 0, nameless: 0 });
  });

  test("doubts a run of which one read came back undecodable, of a view or within an add", () => {
    for (const f of ["view", "add"]) {
      const builder = new HistoryBuilder();
      builder.complete(builder.invoke(0, f, "c"), "fail", { error: "bad-value" });
      expect(judged(builder)).toMatchObject({
        verdict: "unknown",
        undecodable: 1,
        reasons: ["1 read(s) returned bytes that no client wrote; the first is of c at index 1."],
      });
    }
  });

  test("doubts one of which a read returned a version without a name, unless no version has one", () => {
    const builder = new HistoryBuilder();
    builder.view(0, "c", ["i1"], 2);
    expect(judged(builder)).toMatchObject({ verdict: "unknown", nameless: 1 });
    expect(judged(builder, false)).toMatchObject({ verdict: "valid", nameless: 0 });
  });

  test.each(["view", "add"])(
    "doubts one of which a successful %s does not tell what it read, where others do",
    (f) => {
      const builder = new HistoryBuilder();
      builder.complete(builder.invoke(0, f, "c", "i1"), "ok", { value: ["i1"] });
      expect(judged(builder)).toMatchObject({
        verdict: "unknown",
        nameless: 1,
        reasons: [
          "1 read(s) do not name each version that they returned, as others do; the first is of c at index 1.",
        ],
      });
      expect(judged(builder, false)).toMatchObject({ verdict: "valid", nameless: 0 });
    },
  );
});
