import { expect, test } from "vitest";
import type { HistoryLine, Operation } from "../../history/operation.ts";
import { functionNames, pairCalls } from "./calls.ts";

const line = (
  index: number,
  process: number,
  type: Operation["type"],
  timeMs: number,
): Operation => ({
  ...{ index, process, type, node: "n1", f: process === 1 ? "add" : "view", key: "k", value: null },
  timeNs: timeMs * 1e6,
  intendedNs: 1e6,
});

test("pairCalls() joins completions by process and counts latency from the intended start", () => {
  const history: HistoryLine[] = [
    line(0, 1, "invoke", 5),
    line(1, 2, "invoke", 6),
    { index: 2, type: "marker", name: "healed", timeNs: 6e6 },
    line(3, 2, "ok", 8),
    line(4, 1, "info", 11),
    line(5, 2, "invoke", 12),
  ];
  const calls = pairCalls(history);
  expect(calls.map(({ outcome, latencyMs }) => [outcome, latencyMs])).toEqual([
    ["info", 10],
    ["ok", 7],
    ["info", NaN],
  ]);
  expect(calls.map(({ completion }) => completion?.index)).toEqual([4, 3, undefined]);
  expect(functionNames(calls)).toEqual(["view", "add"]);
});

test("pairCalls() passes over a completion that nobody invoked", () => {
  expect(pairCalls([line(0, 1, "ok", 3)])).toEqual([]);
});
