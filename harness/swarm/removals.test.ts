/** Aim: of a cluster that nodes are taken out of, a plan says what it can be held to, and cannot ask for what nobody could do. */
import { describe, expect, test } from "vitest";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import { PlanFileError } from "../run/plan-fields.ts";
import { losesNothing, nodesDestroyed } from "./plan-expectation.ts";
import { parseSimPlan } from "./plan-file.ts";
import type { SimPlan } from "./sim-plan.ts";
import type { PlainPlanOptions } from "./testing/plain-plan.ts";
import { plainPlan } from "./testing/plain-plan.ts";

const SNAPSHOT = { startMs: 1, partitionsAtOnce: 1, leftOut: [], restoredPartitions: 16 };

function removal(node: string, startMs = 100): SimFault {
  return { kind: "remove", startMs, endMs: startMs + 100, node };
}

function pause(node: string, startMs: number): SimFault {
  return { kind: "pause", startMs, endMs: startMs + 500, node };
}

/** Five nodes, N=3. */
function planOf(faults: readonly SimFault[], { run, ...others }: PlainPlanOptions = {}): SimPlan {
  return plainPlan({ ...others, faults, run: { nodes: 5, ...run } });
}

function parsed(plan: SimPlan): SimPlan {
  return parseSimPlan(JSON.parse(JSON.stringify(plan)), "x.json");
}

describe("a plan that removes nodes", () => {
  test("comes back from a file as it was", () => {
    const plan = planOf([pause("n4", 50), removal("n4"), removal("n5", 150)]);
    expect(parsed(plan)).toEqual(JSON.parse(JSON.stringify(plan)));
    expect(plan.run.expects.verdict).toBe("may-lose");
  });

  test.each([
    [
      "a node that is none",
      planOf([removal("n9")]),
      /faults\[0\]\.node is "n9", allowed is n1, n2/,
    ],
    ["no end", planOf([{ ...removal("n1"), endMs: 100 } as SimFault]), /faults\[0\]\.endMs is 100/],
    [
      "more than N leaves",
      planOf([removal("n1"), pause("n2", 110), removal("n2", 150), removal("n3", 200)]),
      /faults\[3\] leaves fewer than 3 nodes, allowed is to remove 2$/,
    ],
    [
      "a node twice",
      planOf([removal("n4"), removal("n4", 300)]),
      /faults\[1\] is about a node that faults\[0\] removes, allowed is an earlier one$/,
    ],
    [
      "a node that is paused later",
      planOf([pause("n4", 50), removal("n4"), pause("n4", 100)]),
      /faults\[2\] is about a node that faults\[1\] removes/,
    ],
    [
      "a node of the core",
      planOf([removal("n4")], { core: ["n1", "n2", "n4"] }),
      /core has n4, allowed are nodes that stay$/,
    ],
    [
      "a node beside a snapshot",
      planOf([removal("n4")], { snapshot: SNAPSHOT }),
      /faults\[0\] removes a node, allowed beside that is no snapshot$/,
    ],
    [
      "a node of a datacenter",
      planOf([removal("n4")], { run: { datacenters: { count: 2 } } }),
      /faults\[0\] removes a node, allowed beside that are no datacenters$/,
    ],
  ])("is refused in one line with %s", (_what, plan, sentence) => {
    expect(() => parsed(plan)).toThrow(PlanFileError);
    expect(() => parsed(plan)).toThrow(sentence);
  });

  test.each([
    ["W of its N nodes, of which the next ring may leave out one", { w: 2 }, 2, false],
    ["all of its N nodes", { w: 3 }, 2, true],
    ["all of them, of more nodes", { w: 3, nodes: 6 }, 3, false],
    ["all of them, where the next ring has no others", { w: 2, nodes: 4 }, 1, true],
    ["memory, which no start survives", { w: 3, engine: "memory" }, 6, false],
  ] as const)("may lose what was acknowledged by fewer: %s", (_what, run, destroyed, isSafe) => {
    const plan = planOf([removal("n4")], { run });
    expect(nodesDestroyed(plan)).toBe(destroyed);
    expect(losesNothing(plan)).toBe(isSafe);
    // What no clock explains, and what cannot be read, is judged by this.
    expect(plan.run.beyondBudget).toBe(!isSafe);
    expect(losesNothing(planOf([], { run }))).toBe(true);
  });

  test("counts what each of several rings may leave out", () => {
    expect(nodesDestroyed(planOf([removal("n1"), removal("n2", 300)]))).toBe(2 + 1 + 0);
  });
});
