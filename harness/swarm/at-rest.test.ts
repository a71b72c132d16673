import { describe, expect, test } from "vitest";
import { pathOf, smallCluster } from "../drivers/sim/testing/small-cluster.ts";
import { checkAtRest, checkStops } from "./at-rest.ts";

const PUT = { method: "PUT", target: pathOf("k"), body: "v" };

describe("checkAtRest()", () => {
  test("finds nothing once what is under way has ended", async () => {
    const { ask, cluster, drive, pass } = await smallCluster();
    for (const { disk } of cluster.simNodes.values()) disk.setSlow({ readMs: 0, writeMs: 300 });
    const startMs = cluster.scheduler.monotonicMs();
    ask("n1", PUT);
    await pass(50);
    expect(await drive(checkAtRest(cluster))).toEqual([]);
    const waitedMs = cluster.scheduler.monotonicMs() - startMs;
    expect(waitedMs).toBeGreaterThan(300);
    expect(waitedMs).toBeLessThan(2_000);
  });

  test("D-5-4 finds a live request that leaked", async () => {
    const { cluster, drive } = await smallCluster();
    cluster.machine("n2").metrics?.gauge("ringside_live_requests", "", {}, () => 1);
    expect(await drive(checkAtRest(cluster))).toEqual([
      {
        check: "at-rest",
        anomaly: "ringside_live_requests is not 0 at rest",
        detail: "At rest ringside_live_requests of node n2 is 1",
      },
    ]);
  });

  test("finds hints that were never delivered, and peers that stay suspected", async () => {
    const { ask, cluster, drive } = await smallCluster();
    // The link alone is cut: n3 itself lives and has nothing to hide.
    cluster.net.impair([{ from: "n1", to: "n3" }], { kind: "black-hole" });
    for (let count = 0; count < 5; count += 1) await drive(ask("n1", { ...PUT, timeoutMs: 2_000 }));
    const details = (await drive(checkAtRest(cluster))).map(({ detail }) => detail);
    expect(details).toContain("At rest ringside_hints of node n1 is 1");
    expect(details.filter((detail) => detail.includes("ringside_peers_suspected"))).not.toEqual([]);
  });

  test("finds a node that is down", async () => {
    const { cluster, drive } = await smallCluster();
    cluster.machine("n2").kill("process");
    const details = (await drive(checkAtRest(cluster))).map(({ detail }) => detail);
    expect(details).toContain("Node n2 has no gauge ringside_live_requests");
  });
});

describe("checkStops()", () => {
  test("finds nothing where every node stops", async () => {
    const { cluster, drive } = await smallCluster();
    expect(await drive(checkStops(cluster))).toEqual([]);
    expect([...cluster.simNodes.values()].some(({ isRunning }) => isRunning)).toBe(false);
  });

  test("finds a node that does not come to its end", async () => {
    const { ask, cluster, drive, pass } = await smallCluster();
    cluster.machine("n2").disk.setSlow({ readMs: 0, writeMs: 3_600_000 });
    ask("n2", PUT).catch(() => {});
    await pass(50);
    expect(await drive(checkStops(cluster))).toEqual([
      {
        check: "at-rest",
        anomaly: "a node does not stop",
        detail: "Asked to stop, n2 still ran 20000 ms later",
      },
    ]);
  });
});
