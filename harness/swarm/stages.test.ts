/*
 * Aim: a node admits its work by stages, and one that is full holds up no other (D-5-3). Method: simulated nodes with small bounds. Replicas'
 * writes over a slow disk fill their stage, and everything else is timed meanwhile; then whole runs in which all stages
 * are small, so that requests wait and are shed, and every check of the swarm must be silent.
 */
import { expect, test } from "vitest";
import { pathOf, smallCluster } from "../drivers/sim/testing/small-cluster.ts";
import { runSimulation } from "./run-simulation.ts";
import { plainPlan } from "./testing/plain-plan.ts";

const DISK_MS = 200;
const SOON_MS = 20;

test("D-5-3 reads, pages and background work are in time while replicas' writes fill their stage", async () => {
  const { cluster, ask, drive, pass } = await smallCluster({
    plan: { nodes: 3, w: 1 },
    world: {
      diskWrite: { minMs: DISK_MS, meanMs: DISK_MS },
      settings: { antiEntropyMs: 100, peerWritesMax: 2, stageQueueMax: 3, requestTimeoutMs: 2_000 },
    },
  });
  const [node = ""] = cluster.nodes;
  const put = (key: string) => ask(node, { method: "PUT", target: pathOf(key), body: "v" });
  for (const key of ["a", "b"]) expect((await drive(put(key))).status).toBe(204);
  await pass(4 * DISK_MS);

  const metric = (name: string, kind: "gauges" | "counters", at: string) =>
    cluster.simNodes.get(at)?.metrics?.[kind]().get(name) ?? 0;
  const exchanges = () =>
    metric("ringside_anti_entropy_exchanges_total{outcome=equal}", "counters", "n2") +
    metric("ringside_anti_entropy_exchanges_total{outcome=differing}", "counters", "n2");
  const before = exchanges();
  const writes = Array.from({ length: 40 }, (_, number) => put(`w${number}`));
  // On their way and in the queues by then, and none is stored.
  await pass(DISK_MS / 4);
  const full = cluster.nodes.filter(
    (each) => metric("ringside_stage_depth{stage=peer-writes}", "gauges", each) === 3,
  );
  expect(full.length).toBeGreaterThan(0);
  const took: number[] = [];
  const timed = async (target: string, at: string): Promise<void> => {
    const startMs = cluster.scheduler.monotonicMs();
    expect((await drive(ask(at, { target }))).status).toBe(200);
    took.push(cluster.scheduler.monotonicMs() - startMs);
  };
  for (const at of cluster.nodes) {
    await timed(`${pathOf("a")}?r=3`, at);
    await timed("/admin/rows?table=records&partitions=0-15", at);
  }
  expect(Math.max(...took)).toBeLessThan(SOON_MS);
  expect((await drive(Promise.all(writes))).every(({ status }) => status === 204)).toBe(true);
  await pass(4 * DISK_MS);
  expect(exchanges()).toBeGreaterThan(before);
  for (const at of cluster.nodes) {
    for (const [name, value] of cluster.simNodes.get(at)?.metrics?.counters() ?? []) {
      const isShed = name.startsWith("ringside_stage_shed_total") && value > 0;
      if (isShed) expect(name).toContain("stage=peer-writes");
    }
  }
  const shed = cluster.nodes.map((at) =>
    metric("ringside_stage_shed_total{reason=full,stage=peer-writes}", "counters", at),
  );
  expect(Math.max(...shed)).toBeGreaterThan(0);
});

test("D-5-3 with every stage small requests wait and are shed, nothing refused is done and nothing is left", async () => {
  const reached = new Set<string>();
  for (const seed of [1, 2, 3]) {
    const plan = {
      ...plainPlan({
        seed,
        operations: 600,
        run: { rate: 600, clients: 24, carts: 4 },
        world: {
          diskWrite: { minMs: 1, meanMs: 8 },
          settings: {
            inFlightMax: 2,
            peerReadsMax: 1,
            peerWritesMax: 1,
            exchangeRequestsMax: 1,
            stageQueueMax: seed + 1,
            requestTimeoutMs: 200,
            antiEntropyMs: 100,
          },
        },
      }),
      adversaryRequests: 200,
    };
    const { outcome } = await runSimulation(plan);
    expect([seed, outcome.findings]).toEqual([seed, []]);
    for (const point of Object.keys(outcome.reached)) reached.add(point);
  }
  expect([...reached]).toEqual(
    expect.arrayContaining([
      "a stage refused what it had no place for",
      "a task waited for its stage for too long",
      "a task began after it had waited for its stage",
    ]),
  );
}, 120_000);
