import { describe, expect, test } from "vitest";
import { nodeNames } from "../cluster/node-names.ts";
import { churnOf } from "./churn.ts";
import { drawPlan } from "./draw-plan.ts";
import { withFaults } from "./plan-expectation.ts";
import { parseSimPlan } from "./plan-file.ts";
import { shrink } from "./shrink.ts";
import type { Finding } from "./sim-outcome.ts";
import type { SimPlan } from "./sim-plan.ts";
import { runSimulation } from "./testing/stand-in-run.ts";

const FINDING = { check: "planted", anomaly: "a crash and a pause" };
const run = async (plan: SimPlan) => (await runSimulation(plan)).outcome;
const never = () => false;

/** A seed with many faults, and the two that the stand-in's bug takes somewhere among them. */
function failingPlan(): SimPlan {
  for (let seed = 1; ; seed += 1) {
    const plan = drawPlan(seed);
    const { faults, run: cluster } = plan;
    if (cluster.nodes < 5 || cluster.seconds < 3 || faults.length < 20) continue;
    if (faults.some(({ kind }) => kind === "crash" || kind === "pause")) continue;
    if (churnOf(faults).length > 0) continue;
    const crash = { kind: "crash", startMs: 500, endMs: 1_500, node: "n1", power: false } as const;
    const pause = { kind: "pause", startMs: 900, endMs: 2_900, node: "n1" } as const;
    const all = [...faults, crash, pause].sort((left, right) => left.startMs - right.startMs);
    return withFaults(plan, all);
  }
}

describe("shrink()", () => {
  test("leaves the two faults that matter, short, and hardly any load", async () => {
    const plan = { ...failingPlan(), adversaryRequests: 50 };
    const shrunk = await shrink(plan, { run, finding: FINDING, runsMax: 500, isOver: never });
    expect(shrunk.finished).toBe(true);
    expect(shrunk.plan.faults.map(({ kind }) => kind)).toEqual(["crash", "pause"]);
    for (const fault of shrunk.plan.faults) {
      expect("endMs" in fault && fault.endMs - fault.startMs).toBeLessThan(20);
    }
    const { plan: small } = shrunk;
    expect(small.run).toMatchObject({ clients: 1, carts: 1, seconds: 1, nodes: plan.run.n });
    expect(small.operations).toBeGreaterThanOrEqual(3);
    expect(small.operations).toBeLessThan(6);
    expect(small.core).toEqual([]);
    expect(small.adversaryRequests).toBeUndefined();
    expect((await run(small)).findings).toMatchObject([FINDING]);
    expect(parseSimPlan(JSON.parse(JSON.stringify(small)), "it")).toStrictEqual(small);
  });

  test.each([undefined, [1, 1]])(
    "keeps no datacenter without the nodes for its copies, %o",
    async (replicas) => {
      const plan = failingPlan();
      const datacenters = replicas === undefined ? { count: 4 } : { count: 2, replicas };
      const placed = {
        ...plan,
        run: { ...plan.run, nodes: 5, n: 2, r: 1, w: 1, datacenters },
      };
      // The finding is of datacenters.
      const only = async (each: SimPlan) => {
        const outcome = await run(each);
        return each.run.datacenters === undefined ? { ...outcome, findings: [] } : outcome;
      };
      const shrunk = await shrink(placed, {
        run: only,
        finding: FINDING,
        runsMax: 500,
        isOver: never,
      });
      expect(shrunk.plan.run.nodes).toBe(replicas === undefined ? 4 : 2);
      expect(parseSimPlan(JSON.parse(JSON.stringify(shrunk.plan)), "it")).toStrictEqual(
        shrunk.plan,
      );
    },
  );

  test("leaves a node that goes no capacity, where the finding is of capacities", async () => {
    const plan = failingPlan();
    const names = nodeNames(plan.run.nodes);
    const capacities = Object.fromEntries(names.map((name, at) => [name, at + 1]));
    const only = async (each: SimPlan) => {
      const outcome = await run(each);
      return each.world.capacities === undefined ? { ...outcome, findings: [] } : outcome;
    };
    const weighed = { ...plan, world: { ...plan.world, capacities } };
    const options = { run: only, finding: FINDING, runsMax: 500, isOver: never };
    const { plan: small } = await shrink(weighed, options);
    expect(small.run.nodes).toBeLessThan(plan.run.nodes);
    expect(Object.keys(small.world.capacities ?? {})).toEqual(nodeNames(small.run.nodes));
    expect(parseSimPlan(JSON.parse(JSON.stringify(small)), "it")).toStrictEqual(small);
  });

  test("keeps N nodes beside those that are removed", async () => {
    const plan = failingPlan();
    const removal = { kind: "remove", startMs: 0, endMs: 1, node: "n2" } as const;
    const removing = withFaults(
      { ...plan, run: { ...plan.run, nodes: 7, n: 3, r: 2, w: 2 }, core: [] },
      [removal, ...plan.faults.filter(({ kind }) => kind === "crash" || kind === "pause")],
    );
    // The finding is of a removal.
    const only = async (each: SimPlan) => {
      const outcome = await run(each);
      const isRemoved = each.faults.some(({ kind }) => kind === "remove");
      return isRemoved ? outcome : { ...outcome, findings: [] };
    };
    const options = { run: only, finding: FINDING, runsMax: 500, isOver: never };
    const { plan: small } = await shrink(removing, options);
    expect(small.run).toMatchObject({ nodes: 4, n: 3 });
    expect(parseSimPlan(JSON.parse(JSON.stringify(small)), "it")).toStrictEqual(small);
  });

  test("gives the same plan again", async () => {
    const options = { run, finding: FINDING, runsMax: 500, isOver: never };
    expect(await shrink(failingPlan(), options)).toEqual(await shrink(failingPlan(), options));
  });

  test("does not take another finding for the one that it shrinks", async () => {
    const plan = failingPlan();
    const other: Finding = { check: "planted", anomaly: "another", detail: "" };
    const shrunk = await shrink(plan, {
      // Every smaller plan shows another finding.
      run: async (each) => ({ ...(await run(each)), findings: [other] }),
      finding: FINDING,
      runsMax: 60,
      isOver: never,
    });
    expect(shrunk.plan).toBe(plan);
  });

  test("ends with what it has when runs or time are used up", async () => {
    const few = await shrink(failingPlan(), { run, finding: FINDING, runsMax: 5, isOver: never });
    expect(few).toMatchObject({ runs: 5, finished: false });
    let looks = 0;
    const isOver = () => {
      looks += 1;
      return looks > 20;
    };
    const hasty = await shrink(failingPlan(), { run, finding: FINDING, runsMax: 500, isOver });
    expect(hasty.finished).toBe(false);
    expect((await run(hasty.plan)).findings).toMatchObject([FINDING]);
  });
});
