import { describe, expect, test } from "vitest";
import { linkName } from "../cluster/contract.ts";
import type { SmallClusterOptions } from "../drivers/sim/testing/small-cluster.ts";
import { pathOf, smallCluster } from "../drivers/sim/testing/small-cluster.ts";
import type { SimFault } from "../drivers/sim/world-plan.ts";
import type { Link } from "../nemesis/fault.ts";
import { Storm } from "./storm.ts";

const LINK = { from: "n1", to: "n2" } as const;
const PUT = { method: "PUT", target: `${pathOf("k")}?w=3`, body: "v" } as const;

async function openStorm(options: SmallClusterOptions = {}) {
  const small = await smallCluster(options);
  const notes: string[] = [];
  let cut: readonly Link[] = [];
  const storm = new Storm(small.cluster, {
    onFault: (_fault, name, phase) => notes.push(`${name} ${phase}`),
    onCut: (links) => {
      cut = links;
    },
  });
  const { cluster } = small;
  return {
    ...small,
    storm,
    notes,
    begin: (...faults: SimFault[]) => storm.begin(faults),
    cutLinks: () => cut.map(linkName),
    machine: cluster.machine("n2"),
    reaches: async () => (await small.drive(cluster.probe("n1", "n2"))).answered,
    digestOf: async (node: string) =>
      (await small.drive(cluster.replica(node, Buffer.from("k")))).digest,
  };
}

describe("Storm", () => {
  test("carries out each fault in its time and tells of both ends under one name", async () => {
    const { begin, notes, pass, storm, cutLinks, reaches } = await openStorm();
    begin(
      { kind: "cut", startMs: 100, endMs: 2_000, method: "black-hole", links: [LINK] },
      { kind: "reset", startMs: 200, links: [LINK] },
    );
    expect(await reaches()).toBe(true);
    await pass(150);
    expect(cutLinks()).toEqual(["n1~n2"]);
    expect(await reaches()).toBe(false);
    await pass(3_000);
    expect(cutLinks()).toEqual([]);
    expect(await reaches()).toBe(true);
    expect(notes).toEqual(["1-cut applied", "2-reset applied", "1-cut healed"]);
    expect(storm.counts).toEqual({ cut: 1, reset: 1 });
  });

  test("a link that two cuts cut stays cut until the later one ends", async () => {
    const { begin, pass, drive, reaches, cluster } = await openStorm();
    const links = [LINK];
    begin(
      { kind: "cut", startMs: 0, endMs: 3_000, method: "black-hole", links },
      { kind: "cut", startMs: 100, endMs: 6_000, method: "closed", links },
    );
    await pass(4_000);
    expect(await reaches()).toBe(false);
    expect((await drive(cluster.probe("n2", "n1"))).answered).toBe(false);
    await pass(5_000);
    expect(await reaches()).toBe(true);
  });

  test("a node that two faults hold down comes back with the later one", async () => {
    const { begin, pass, machine } = await openStorm();
    begin(
      { kind: "crash", startMs: 0, endMs: 1_000, node: "n2", power: true },
      { kind: "wipe", startMs: 500, endMs: 2_000, node: "n2" },
    );
    await pass(1_500);
    expect(machine.isRunning).toBe(false);
    await pass(1_000);
    expect(machine.server).toBeDefined();
    expect(machine.lifeCount).toBe(2);
  });

  test("a node that two pauses hold goes on with the end of the later one", async () => {
    const { begin, pass, machine } = await openStorm();
    begin(
      { kind: "pause", startMs: 0, endMs: 1_000, node: "n2" },
      { kind: "pause", startMs: 500, endMs: 2_000, node: "n2" },
    );
    await pass(1_500);
    expect(machine.server?.process.state).toBe("paused");
    await pass(1_000);
    expect(machine.server?.process.state).toBe("running");
  });

  test("slow disks add up, and a disk is full until the last fault that fills it ends", async () => {
    const { begin, pass, ask, drive, cluster } = await openStorm();
    const node = "n1";
    // The first connections bring news of lives, which the disk must keep too.
    await drive(ask(node, PUT));
    await pass(100);
    begin(
      { kind: "slow-disk", startMs: 0, endMs: 1_000, node, readMs: 0, writeMs: 100 },
      { kind: "slow-disk", startMs: 0, endMs: 2_000, node, readMs: 0, writeMs: 200 },
      { kind: "full-disk", startMs: 3_000, endMs: 4_000, node },
      { kind: "full-disk", startMs: 3_000, endMs: 5_000, node },
    );
    const putMs = async () => {
      const startMs = cluster.scheduler.monotonicMs();
      expect((await drive(ask("n1", PUT))).status).toBe(204);
      return cluster.scheduler.monotonicMs() - startMs;
    };
    await pass(10);
    expect(await putMs()).toBeGreaterThan(300);
    await pass(1_000);
    const laterMs = await putMs();
    expect(laterMs).toBeGreaterThan(200);
    expect(laterMs).toBeLessThan(300);
    await pass(1_000);
    expect(await putMs()).toBeLessThan(100);
    await pass(1_800);
    const { body } = await drive(ask("n1", PUT));
    // Another node took the write over, and lacks the same copy.
    expect(Buffer.from(body).toString()).toContain('"code":"write-quorum-not-met"');
    await pass(2_000);
    expect(await putMs()).toBeLessThan(100);
  });

  test("a disk that fails for good stays so until the end of the fault, which kills the node and starts it again", async () => {
    const { begin, pass, ask, drive, machine, notes, crashes } = await openStorm();
    const put = async (): Promise<number> => (await drive(ask("n1", PUT))).status;
    expect(await put()).toBe(204);
    await pass(100);
    begin({ kind: "failed-disk", startMs: 0, endMs: 8_000, node: "n2" });
    await pass(10);
    expect([await put(), await put()]).toEqual([503, 503]);
    expect([machine.isRunning, machine.lifeCount]).toEqual([true, 1]);
    await pass(9_000);
    expect([machine.isRunning, machine.lifeCount]).toEqual([true, 2]);
    expect(await put()).toBe(204);
    expect(notes).toEqual(["1-failed-disk applied", "1-failed-disk healed"]);
    expect(crashes).toEqual([]);
  });

  test("a restart shuts the node down in order: it knows that its life ended, and goes on", async () => {
    const { begin, pass, ask, drive, digestOf, cluster } = await openStorm();
    for (const name of cluster.nodes) await drive(ask(name, PUT));
    await pass(100);
    const before = await drive(cluster.status("n2"));
    const written = await digestOf("n2");
    begin({ kind: "restart", startMs: 0, endMs: 500, node: "n2" });
    await pass(400);
    expect(cluster.machine("n2").isRunning).toBe(false);
    await pass(1_000);
    const after = await drive(cluster.status("n2"));
    expect(after.life).not.toBe(before.life);
    expect(after.incarnation).toBe(before.incarnation);
    expect(await digestOf("n2")).toBe(written);
  });

  test("a wipe destroys what the node kept, and nothing of the others", async () => {
    const { begin, pass, ask, drive, digestOf } = await openStorm();
    await drive(ask("n1", PUT));
    const written = await digestOf("n2");
    expect(written).not.toBeNull();
    begin({ kind: "wipe", startMs: 0, endMs: 500, node: "n2" });
    await pass(1_000);
    expect(await digestOf("n2")).toBeNull();
    expect(await digestOf("n1")).toBe(written);
  });

  test("a removal ends a node with its data, and starts the others, once all are down, without it", async () => {
    const { begin, pass, ask, drive, digestOf, notes, cluster } = await openStorm({
      plan: { n: 2 },
    });
    await drive(ask("n1", { ...PUT, target: `${pathOf("k")}?w=2` }));
    await pass(100);
    const kept = new Map<string, unknown>();
    for (const node of ["n1", "n3"]) kept.set(node, await digestOf(node));
    const before = await drive(cluster.status("n1"));
    begin(
      { kind: "remove", startMs: 0, endMs: 1_000, node: "n2" },
      { kind: "crash", startMs: 500, endMs: 5_000, node: "n3", power: false },
    );
    await pass(900);
    expect(cluster.machine("n2")).toMatchObject({ isRunning: false });
    expect(cluster.machine("n2").disk.rows()).toEqual([]);
    expect(cluster.nodes).toEqual(["n1", "n2", "n3"]);
    await pass(3_500);
    expect(notes).toEqual(["1-remove applied", "2-crash applied", "1-remove healed"]);
    expect(cluster.nodes).toEqual(["n1", "n3"]);
    expect([...cluster.simNodes.keys()]).toEqual(["n1", "n3"]);
    // Another fault holds it down still.
    expect(cluster.machine("n3").isRunning).toBe(false);
    await pass(3_000);
    expect(cluster.machine("n2")).toMatchObject({ isRunning: false, lifeCount: 1 });
    for (const node of ["n1", "n3"]) {
      expect(cluster.machine(node)).toMatchObject({ lifeCount: 2 });
      expect(cluster.machine(node).node?.ring().nodes).toEqual(["n1", "n3"]);
      expect(await digestOf(node)).toBe(kept.get(node));
    }
    expect((await drive(cluster.status("n1"))).life).not.toBe(before.life);
    expect(cluster.ring.nodes).toEqual(["n1", "n3"]);
  });

  test("a node that is removed while it stops for a restart does not come back, nor does one that starts", async () => {
    const { begin, pass, cluster } = await openStorm({ plan: { n: 2 } });
    begin(
      { kind: "slow-disk", startMs: 0, endMs: 60_000, node: "n2", readMs: 0, writeMs: 2_000 },
      { kind: "restart", startMs: 100, endMs: 200, node: "n2" },
      { kind: "crash", startMs: 0, endMs: 500, node: "n3", power: false },
      { kind: "remove", startMs: 500, endMs: 1_000, node: "n2" },
    );
    await pass(400);
    // It stores that its life has ended.
    expect(cluster.machine("n2").isRunning).toBe(true);
    await pass(5_000);
    expect(cluster.machine("n2")).toMatchObject({ isRunning: false, lifeCount: 1 });
    expect(cluster.machine("n3").node?.ring().nodes).toEqual(["n1", "n3"]);
  });

  test("removals that end together come one after the other, and calm() brings a removal to its end", async () => {
    const { begin, pass, drive, storm, notes, cluster } = await openStorm({
      plan: { nodes: 5, n: 2 },
    });
    begin(
      { kind: "remove", startMs: 0, endMs: 1_000, node: "n2" },
      { kind: "remove", startMs: 0, endMs: 1_000, node: "n4" },
      { kind: "remove", startMs: 0, endMs: 60_000, node: "n5" },
    );
    await pass(500);
    expect(cluster.nodes).toHaveLength(5);
    await pass(5_000);
    expect(cluster.nodes).toEqual(["n1", "n3", "n5"]);
    expect(notes.slice(3)).toEqual(["1-remove healed", "2-remove healed"]);
    await drive(storm.calm());
    expect(cluster.nodes).toEqual(["n1", "n3"]);
    for (const node of cluster.nodes) {
      expect(cluster.machine(node).node?.ring().nodes).toEqual(["n1", "n3"]);
    }
  });

  test("a restore brings back the state of its snapshot", async () => {
    const { begin, pass, ask, drive, digestOf } = await openStorm();
    await drive(ask("n1", PUT));
    const before = await digestOf("n2");
    begin({ kind: "restore", startMs: 1_000, endMs: 1_500, node: "n2", snapshotMs: 100 });
    await pass(500);
    await drive(ask("n1", { ...PUT, body: "another" }));
    expect(await digestOf("n2")).not.toBe(before);
    await pass(2_000);
    expect(await digestOf("n2")).toBe(before);
  });

  test("a corrupted value can be read no more", async () => {
    const { begin, pass, ask, drive, digestOf, machine } = await openStorm();
    await drive(ask("n1", PUT));
    const rowCount = () => machine.disk.rows().filter(({ table }) => table === "records").length;
    expect(rowCount()).toBe(1);
    begin({ kind: "corrupt", startMs: 10, node: "n2" });
    await pass(100);
    expect(rowCount()).toBe(0);
    await expect(digestOf("n2")).rejects.toThrow(/^Cannot /);
    expect(await digestOf("n1")).not.toBeNull();
  });

  test("a strobe moves the wall clock forth and back, and leaves it as it was", async () => {
    const { begin, pass, machine, cluster } = await openStorm();
    const node = "n2";
    const offMs = () => Math.round(machine.clock.wallMs() - cluster.scheduler.wallMs());
    begin(
      { kind: "clock-strobe", startMs: 0, endMs: 280, node, deltaMs: 5_000, periodMs: 100 },
      { kind: "clock-jump", startMs: 500, node, jumpMs: -7_000 },
    );
    const seen: number[] = [];
    for (let step = 0; step < 6; step += 1) {
      await pass(50);
      seen.push(offMs());
      await pass(50);
    }
    expect(seen).toEqual([5_000, 0, 5_000, 0, 0, -7_000]);
  });

  test("calm() ends everything at once, and nothing begins any more", async () => {
    const { begin, pass, drive, storm, machine, reaches, notes, cluster } = await openStorm();
    const span = { startMs: 0, endMs: 60_000 };
    const links = [LINK];
    begin(
      { kind: "cut", ...span, method: "closed", links },
      { kind: "slow", ...span, links, latencyMs: 900, jitterMs: 0 },
      { kind: "clog", ...span, links },
      { kind: "bandwidth", ...span, links, bytesPerSecond: 1 },
      { kind: "pause", ...span, node: "n1" },
      { kind: "crash", ...span, node: "n2", power: false },
      { kind: "full-disk", ...span, node: "n3" },
      { kind: "crash", startMs: 5_000, endMs: 6_000, node: "n3", power: false },
    );
    await pass(1_000);
    await drive(storm.calm());
    expect(machine.server).toBeDefined();
    expect(notes).toHaveLength(14);
    expect(new Set(notes).size).toBe(14);
    expect(notes).toContain("4-bandwidth applied");
    expect(notes).toContain("4-bandwidth healed");
    await pass(10_000);
    expect(notes).toHaveLength(14);
    expect(await reaches()).toBe(true);
    expect((await drive(cluster.probe("n1", "n2"))).latencyMs).toBeLessThan(20);
    expect(cluster.machine("n3").lifeCount).toBe(1);
  });

  test("calm() does not wait for a node that cannot start, and says so in its log", async () => {
    const { begin, pass, drive, storm, machine } = await openStorm({ keepsLogs: true });
    begin(
      { kind: "crash", startMs: 0, endMs: 1_000, node: "n2", power: false },
      { kind: "full-disk", startMs: 0, endMs: 5_000, node: "n2" },
    );
    await pass(2_000);
    expect(machine.isRunning).toBe(false);
    expect(machine.log.text()).toContain("Cannot start for now");
    await drive(storm.calm());
    await drive(machine.start());
    expect(machine.server).toBeDefined();
  });
});
