/** Aim: of a cluster whose nodes join and leave, a plan comes back from its file as it was, and cannot ask for what nobody could do. */
import { describe, expect, test } from "vitest";
import { PlanFileError } from "../run/plan-fields.ts";
import { churnOf, membersAtEnd } from "./churn.ts";
import { drawPlan } from "./draw-plan.ts";
import type { MemberFault } from "./member-orders.ts";
import { losesNothing } from "./plan-expectation.ts";
import { parseSimPlan } from "./plan-file.ts";
import { shrink } from "./shrink.ts";
import type { SimPlan } from "./sim-plan.ts";
import type { PlainPlanOptions } from "./testing/plain-plan.ts";
import { plainPlan } from "./testing/plain-plan.ts";

const GOSSIP = { gossipMs: 100, antiEntropyMs: 200 };

function join(node: string, startMs = 100): MemberFault {
  return { kind: "join", startMs, node };
}

function leave(node: string, startMs = 200): MemberFault {
  return { kind: "leave", startMs, node };
}

/** Four nodes, N=3, and two spare machines. */
function planOf(
  faults: SimPlan["faults"],
  { run, world, ...others }: PlainPlanOptions = {},
): SimPlan {
  const spare = { spares: 2, settings: GOSSIP, ...world };
  return plainPlan({ ...others, faults, run: { nodes: 4, ...run }, world: spare });
}

function parsed(plan: SimPlan): SimPlan {
  return parseSimPlan(JSON.parse(JSON.stringify(plan)), "x.json");
}

describe("a plan in which nodes join and leave", () => {
  test("comes back from a file as it was, and loses nothing", () => {
    const crash = { kind: "crash", startMs: 300, endMs: 400, node: "n5", power: true } as const;
    const plan = planOf([join("n5"), leave("n2"), crash, leave("n5", 500)], {
      core: ["n1", "n3", "n4"],
    });
    expect(parsed(plan)).toEqual(JSON.parse(JSON.stringify(plan)));
    expect(membersAtEnd(plan)).toEqual(["n1", "n3", "n4"]);
    expect(losesNothing(plan)).toBe(true);
  });

  test.each([
    ["a node that is no machine", planOf([join("n9")]), /faults\[0\]\.node is "n9"/],
    ["a member that joins", planOf([join("n2")]), /faults\[0\] lets a member join/],
    ["a node that joins twice", planOf([join("n5"), join("n5")]), /faults\[1\] lets a member join/],
    [
      "a node that comes back",
      planOf([leave("n2", 50), join("n2")]),
      /faults\[1\] lets a node join that has left, allowed is another$/,
    ],
    [
      "a stranger that leaves",
      planOf([leave("n5")]),
      /faults\[0\] lets n5 leave, allowed is a member$/,
    ],
    [
      "fewer than N members",
      planOf([leave("n1"), leave("n2")]),
      /faults\[1\] leaves fewer than 3 members$/,
    ],
    [
      "a node of the core that leaves",
      planOf([leave("n1")], { core: ["n1", "n2"] }),
      /core has n1, allowed are members at the end$/,
    ],
    [
      "a static membership",
      planOf([join("n5")], { world: { spares: 1, settings: { gossipMs: 0 } } }),
      /allowed beside that is gossipMs of 1 or more$/,
    ],
    [
      "no exchanges",
      planOf([join("n5")], { world: { spares: 1, settings: { ...GOSSIP, antiEntropyMs: 0 } } }),
      /allowed beside that is antiEntropyMs of 1 or more$/,
    ],
    [
      "datacenters",
      planOf([join("n5")], { run: { datacenters: { count: 2 } } }),
      /beside that are no datacenters$/,
    ],
    [
      "a removal from a static list",
      planOf([join("n5"), { kind: "remove", startMs: 300, endMs: 400, node: "n1" }]),
      /beside that is no removal from a static list$/,
    ],
  ])("is refused in one line with %s", (_what, plan, sentence) => {
    expect(() => parsed(plan)).toThrow(PlanFileError);
    expect(() => parsed(plan)).toThrow(sentence);
  });

  test("is drawn in some seeds, with joins, with leaves, with both, and can be read back", () => {
    const drawn = Array.from({ length: 200 }, (_, at) => drawPlan(at + 1));
    const changed = drawn.filter(({ faults }) => churnOf(faults).length > 0);
    const kinds = changed.map(({ faults }) =>
      [...new Set(churnOf(faults).map(({ kind }) => kind))].sort().join(" and "),
    );
    expect(new Set(kinds)).toEqual(new Set(["join", "leave", "join and leave"]));
    expect(changed.length).toBeGreaterThan(20);
    expect(changed.some(({ core }) => core.length > 0)).toBe(true);
    for (const plan of changed) expect(parsed(plan)).toEqual(JSON.parse(JSON.stringify(plan)));
    expect(drawPlan(4, { kinds: ["leave"] }).faults.every(({ kind }) => kind === "leave")).toBe(
      true,
    );
  });

  test("is shrunk to what can be carried out: no node leaves that did not join", async () => {
    const plan = planOf([join("n5"), leave("n5"), leave("n1", 300)]);
    const tried: SimPlan[] = [];
    const finding = { check: "x", anomaly: "y" };
    const { plan: smaller } = await shrink(plan, {
      finding,
      runsMax: 100,
      isOver: () => false,
      run: async (each) => {
        tried.push(each);
        const isThere = each.faults.some(
          ({ kind, ...fault }) => kind === "leave" && "node" in fault && fault.node === "n5",
        );
        return { findings: isThere ? [{ ...finding, detail: "" }] : [] } as never;
      },
    });
    for (const each of tried) expect(() => parsed(each)).not.toThrow();
    expect(smaller.faults).toEqual([join("n5"), leave("n5")]);
    expect(smaller.world.settings).toEqual({ gossipMs: 100 });
  });
});
