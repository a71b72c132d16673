import { expect, test } from "vitest";
import type { Operation, OperationType } from "./operation.ts";
import { pairOperations } from "./pairs.ts";

const line = (index: number, process: number, type: OperationType, key = "k"): Operation => ({
  index,
  process,
  node: "n1",
  type,
  f: "add",
  key,
  value: `i${process}`,
  timeNs: index,
  intendedNs: index,
});

test("pairOperations() matches by process across interleavings", () => {
  const lines = [
    line(0, 0, "invoke"),
    line(1, 1, "invoke"),
    line(2, 1, "ok"),
    line(3, 0, "info"),
    line(4, 2, "invoke"),
  ];
  const { pairs, problems } = pairOperations(lines);
  expect(problems).toEqual([]);
  expect(pairs.map(({ completion }) => completion?.index)).toEqual([3, 2, undefined]);
});

test.each([
  [
    "two operations under way",
    [line(0, 0, "invoke"), line(1, 0, "invoke")],
    "with an operation under way",
  ],
  ["a completion of nothing", [line(0, 0, "ok")], "completed at index 0 what it never invoked"],
  [
    "life after info",
    [line(0, 0, "invoke"), line(1, 0, "info"), line(2, 0, "invoke")],
    "after it ended in info",
  ],
  [
    "a completion of something else",
    [line(0, 0, "invoke"), line(1, 0, "ok", "other")],
    "is not of index 0",
  ],
])("pairOperations() reports %s", (_, lines, problem) => {
  expect(pairOperations(lines).problems).toEqual([expect.stringContaining(problem)]);
});
