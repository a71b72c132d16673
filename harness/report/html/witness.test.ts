import { expect, test } from "vitest";
import type { HistoryLine, Operation } from "../../history/operation.ts";
import { syntheticRun } from "../testing/synthetic-run.ts";
import { viewRun } from "./run-view.ts";
import { findWitnesses } from "./witness.ts";

const operation = (
  type: Operation["type"],
  timeMs: number,
  rest: Pick<Operation, "process" | "f" | "value">,
): Omit<Operation, "index"> => ({
  ...rest,
  type,
  node: `n${rest.process}`,
  key: "cart",
  timeNs: timeMs * 1e6,
  intendedNs: timeMs * 1e6,
});

const LINES = [
  operation("invoke", 1, { process: 1, f: "add", value: "milk" }),
  // Begun before the acknowledgement: owes nobody the item.
  operation("invoke", 2, { process: 2, f: "view", value: null }),
  operation("ok", 3, { process: 1, f: "add", value: "milk" }),
  operation("ok", 4, { process: 2, f: "view", value: [] }),
  operation("invoke", 5, { process: 3, f: "view", value: null }),
  operation("ok", 6, { process: 3, f: "view", value: ["milk", "tea"] }),
  operation("invoke", 7, { process: 4, f: "view", value: null }),
  operation("ok", 8, { process: 4, f: "view", value: null }),
];

test.each([0, 2])("findWitnesses() follows a lost write named by line %i", (index) => {
  const run = syntheticRun({ seed: 1, verdict: "valid", seconds: 1, rate: 10 });
  const end = { type: "final-read", node: "n1", key: "cart", value: ["tea"], versions: 1 } as const;
  const history: HistoryLine[] = [...LINES, { ...end, timeNs: 9e6 }].map((line, at) => ({
    ...line,
    index: at,
  }));
  const lostWrites = {
    count: 1,
    acknowledged: 1,
    examples: [{ key: "cart", value: "milk", index }],
  };
  const view = viewRun({ ...run, history, summary: { ...run.summary, lostWrites } });
  const [witness] = findWitnesses(view);
  expect(witness?.call?.completion?.process).toBe(1);
  expect(witness?.phase).toBe("healthy");
  expect(witness?.lastSeen?.completion?.index).toBe(5);
  expect(witness?.firstMissing?.completion?.index).toBe(7);
  expect(witness?.finalRead?.index).toBe(8);
  expect(witness?.callsOnKey).toHaveLength(4);
});
