import { expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { repeated } from "../generator/combinators.ts";
import { openLoop } from "../generator/open-loop.ts";
import { dueBeforeEnd } from "./due-before-end.ts";

test("dueBeforeEnd() still gives what was overdue when the end came, and nothing that was due later", () => {
  const end = new AbortController();
  const load = openLoop(
    { ratePerSecond: 1_000, arrivals: "fixed" },
    repeated(() => ({ f: "view", key: "k", value: null })),
  );
  let generator = dueBeforeEnd(end.signal, () => 5e6, load);
  const context = { timeNs: 900e6, freeProcesses: 1, random: new SeededRandom(1) };
  const intended: (number | undefined)[] = [];
  for (;;) {
    const asked = generator.ask(context);
    if (asked.kind !== "operation") {
      expect(asked.kind).toBe("done");
      break;
    }
    intended.push(asked.request.intendedNs);
    generator = asked.next;
    if (intended.length === 2) end.abort();
  }
  expect(intended).toEqual([0, 1e6, 2e6, 3e6, 4e6]);
});
