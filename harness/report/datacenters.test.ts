import { expect, test } from "vitest";
import type { Plan } from "../run/plan.ts";
import { describeCluster } from "./format.ts";
import { repeatCommand } from "./repeat-command.ts";
import { renderSummary } from "./terminal/render-summary.ts";
import { syntheticRun } from "./testing/synthetic-run.ts";

const { plan, summary } = syntheticRun({ seed: 5, verdict: "valid", seconds: 1, rate: 10 });
const EVEN: Plan = { ...plan, datacenters: { count: 3 } };
const COUNTED: Plan = { ...plan, datacenters: { count: 3, replicas: [2, 1, 0] } };

test("D-6-5 reports name the datacenters, and how many copies each keeps where that is set", () => {
  expect(describeCluster(plan)).toMatch(/^5 nodes, N=3 R=2 W=2, /);
  expect(describeCluster(EVEN)).toMatch(/^5 nodes in 3 datacenters \(dc1, dc2, dc3\), N=3 R=2/);
  expect(describeCluster(COUNTED)).toMatch(
    /^5 nodes in 3 datacenters \(dc1 2, dc2 1, dc3 0 copies\), N=3/,
  );
  const cluster = { ...summary.cluster, datacenters: { count: 2 } };
  const text = renderSummary({ ...summary, cluster }, { colour: false });
  expect(text).toContain("5 nodes in 2 datacenters (dc1, dc2), N=3");
});

test("the command that runs a plan again names them, too", () => {
  expect(repeatCommand(plan)).not.toContain("datacenter");
  expect(repeatCommand(EVEN)).toMatch(/ --datacenters 3$|--datacenters 3 --(?!datacenter)/);
  expect(repeatCommand(COUNTED)).toContain(" --datacenters 3 --datacenter-replicas 2,1,0");
});
