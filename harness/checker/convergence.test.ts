/* Whose copies count at the end: those of every member, read when the cluster had settled, with what they hold. */
import { describe, expect, test } from "vitest";
import type { HistoryLine } from "../history/operation.ts";
import { checkConvergence } from "./convergence.ts";
import { HistoryBuilder, NODES } from "./testing/history-builder.ts";

const EQUAL = ["aa", "aa", "aa", null, null];

function judged(change: (line: HistoryLine) => HistoryLine = (line) => line) {
  const builder = new HistoryBuilder().marker("healed").marker("quiesced");
  builder.finalRead("c", ["i1"]).replicas("c", ...EQUAL);
  const lines = builder.lines.map(change);
  const { evidence } = Object.assign(new HistoryBuilder(), { lines }).gathered();
  return checkConvergence(evidence, { replicas: 3 });
}

const ofNode = (node: string, changed: object) => (line: HistoryLine) =>
  line.type === "replica-read" && line.node === node
    ? ({ ...line, ...changed } as HistoryLine)
    : line;

describe("checkConvergence()", () => {
  test("is content with N equal copies", () => {
    expect(judged()).toMatchObject({ verdict: "valid", reasons: [], keys: 1 });
  });

  test.each<[string, (line: HistoryLine) => HistoryLine]>([
    ["a member was not asked, and a stranger in its place", ofNode(NODES[4] ?? "", { node: "n9" })],
    ["one does not say what it holds", ofNode("n2", { digest: undefined })],
    ["one did not answer", ofNode("n2", { error: "no answer" })],
  ])("knows nothing of a key of which %s", (_, change) => {
    expect(judged(change)).toMatchObject({
      verdict: "unknown",
      reasons: ["Of 1 key(s) not every node's own copy was read, the first is c."],
    });
  });

  test("counts nothing that was read before the cluster had settled", () => {
    const builder = new HistoryBuilder()
      .replicas("c", ...EQUAL)
      .marker("healed")
      .marker("quiesced");
    const { evidence } = builder.finalRead("c", ["i1"]).gathered();
    expect(checkConvergence(evidence, { replicas: 3 }).verdict).toBe("unknown");
  });
});
