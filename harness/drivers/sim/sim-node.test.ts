import { describe, expect, test } from "vitest";
import { NO_OBSERVER } from "./testing/no-observer.ts";
import { pathOf, smallCluster } from "./testing/small-cluster.ts";

const PUT = { method: "PUT", target: `${pathOf("k")}?w=3`, body: "v" };

describe("SimNode", () => {
  test("start() while it starts or runs waits for that one life", async () => {
    const { cluster, drive } = await smallCluster();
    const machine = cluster.machine("n2");
    machine.kill("process");
    const starts = [machine.start(), machine.start()];
    expect(machine).toMatchObject({ isRunning: true, server: undefined, lifeCount: 2 });
    await drive(Promise.all(starts));
    expect(machine.server).toBeDefined();
    await drive(machine.start());
    expect(machine.lifeCount).toBe(2);
  });

  test("takes another configuration only while it is down, and a cluster another list of members only while all others are", async () => {
    const { cluster, drive } = await smallCluster({ plan: { n: 2 } });
    const machine = cluster.machine("n2");
    expect(() => machine.configure(machine.configuration)).toThrow(/n2: it is running/);
    expect(() => cluster.removeMember("n9")).toThrow(/Cannot find node n9/);
    expect(() => cluster.removeMember("n3")).toThrow(/it is running/);
    for (const node of cluster.nodes) cluster.machine(node).kill("process");
    machine.configure({ ...machine.configuration, hedgeMs: 7 });
    await drive(machine.start());
    expect(machine.node?.configuration.hedgeMs).toBe(7);
  });

  test("tells when its process pauses, and when it goes on before anything that was held runs", async () => {
    const seen: string[] = [];
    const { cluster, drive, ask, pass } = await smallCluster({
      observer: () => ({
        ...NO_OBSERVER,
        processPaused: (node) => seen.push(`${node} paused`),
        processResumed: (node) => seen.push(`${node} resumed`),
        clientAsked: ({ node }) => seen.push(`${node} asked`),
      }),
    });
    const machine = cluster.machine("n2");
    machine.pause();
    machine.pause();
    const asked = ask("n2", PUT);
    await pass(500);
    expect(seen).toEqual(["n2 paused"]);
    machine.resume();
    machine.resume();
    await drive(asked);
    expect(seen).toEqual(["n2 paused", "n2 resumed", "n2 asked"]);
  });

  test("each life has an incarnation of its own, the same for the same seed", async () => {
    const lives = async () => {
      const { cluster, drive } = await smallCluster();
      const { incarnation: first } = await drive(cluster.status("n2"));
      cluster.machine("n2").kill("process");
      await drive(cluster.machine("n2").start());
      return [first, (await drive(cluster.status("n2"))).incarnation];
    };
    const [first, second] = await lives();
    expect(second).not.toBe(first);
    expect(await lives()).toEqual([first, second]);
  });

  test("start() that a kill interrupts resolves, and the node serves nobody", async () => {
    const { cluster, drive, pass } = await smallCluster();
    const machine = cluster.machine("n2");
    machine.kill("process");
    const starting = machine.start();
    machine.kill("power");
    await drive(starting);
    await pass(1_000);
    expect(machine).toMatchObject({ isRunning: false, server: undefined, node: undefined });
  });

  test("shutDown() rejects where the node did not serve yet, or cannot end what it has under way", async () => {
    const { cluster, drive, ask, pass } = await smallCluster();
    const { processes } = cluster;
    const machine = cluster.machine("n2");
    machine.kill("process");
    const starting = machine.start();
    await expect(drive(processes.shutDown("n2"))).rejects.toThrow("died when it was asked to stop");
    await drive(starting);
    await drive(processes.restart("n2"));
    machine.disk.setSlow({ readMs: 0, writeMs: 60_000 });
    const writing = ask("n2", PUT);
    await pass(100);
    await expect(drive(processes.shutDown("n2"))).rejects.toThrow("died when it was asked to stop");
    expect(machine.isRunning).toBe(false);
    await drive(Promise.allSettled([writing]));
  });

  test("start() of a paused process goes on when it is resumed", async () => {
    const { cluster, drive, pass } = await smallCluster();
    const machine = cluster.machine("n2");
    machine.kill("process");
    const starting = machine.start();
    machine.pause();
    await pass(1_000);
    expect(machine.server).toBeUndefined();
    machine.resume();
    await drive(starting);
    expect(machine.server).toBeDefined();
  });

  test("a node that cannot start is gone, and starts once it can", async () => {
    const { cluster, drive } = await smallCluster();
    const machine = cluster.machine("n2");
    machine.kill("process");
    machine.disk.setFull(true);
    await expect(drive(machine.start())).rejects.toThrow(/^Cannot /);
    expect(machine.isRunning).toBe(false);
    machine.disk.setFull(false);
    await drive(machine.start());
    expect((await drive(cluster.status("n2"))).ready).toBe(true);
  });

  test("a node that throws in a callback is reported and dead, the others live", async () => {
    const { cluster, crashes, drive, ask } = await smallCluster();
    const machine = cluster.machine("n2");
    const error = new Error("planted");
    cluster.scheduler.defer(() =>
      machine.server?.process.enter(() => {
        throw error;
      }),
    );
    expect((await drive(ask("n1", { ...PUT, target: pathOf("k") }))).status).toBe(204);
    expect(crashes).toEqual([{ node: "n2", error }]);
    expect(machine.isRunning).toBe(false);
    await drive(machine.start());
    expect((await drive(cluster.status("n2"))).ready).toBe(true);
  });

  test("kill() loses nothing that was acknowledged, wipe() everything", async () => {
    const { ask, cluster, drive } = await smallCluster();
    expect((await drive(ask("n1", PUT))).status).toBe(204);
    const machine = cluster.machine("n2");
    machine.kill("power");
    expect(machine.disk.durableRows().filter(({ table }) => table === "records")).toHaveLength(1);
    machine.disk.wipe();
    expect(machine.disk.durableRows()).toEqual([]);
    await drive(machine.start());
    expect((await drive(cluster.replica("n2", Buffer.from("k")))).digest).toBeNull();
  });

  test("stop() ends what is under way, refuses what comes, and says when it is gone", async () => {
    const { ask, cluster, drive } = await smallCluster();
    const machine = cluster.machine("n1");
    for (const { disk } of cluster.simNodes.values()) disk.setSlow({ readMs: 0, writeMs: 50 });
    const asked = ask("n1", PUT);
    const ended: string[] = [];
    const stopping = new Promise<void>((resolve) =>
      cluster.scheduler.setTimer(20, () => {
        machine.stop().then(() => {
          ended.push("stopped");
          resolve();
        });
        ask("n1").catch((error: Error) => ended.push(error.message));
      }),
    );
    expect((await drive(asked)).status).toBe(204);
    await drive(stopping);
    expect(machine.isRunning).toBe(false);
    expect(ended).toEqual([
      "Cannot GET http://n1.node:8000/healthz: connection refused",
      "stopped",
    ]);
  });

  test("stop() resolves where a kill comes first, and leaves the next life alone", async () => {
    const { ask, cluster, drive, pass } = await smallCluster();
    const machine = cluster.machine("n1");
    machine.disk.setSlow({ readMs: 0, writeMs: 500 });
    const asked = ask("n1", PUT).catch((error: Error) => error.message);
    await pass(20);
    const stopping = machine.stop();
    machine.kill("process");
    await drive(Promise.all([stopping, machine.start()]));
    await pass(2_000);
    expect(await asked).toContain("connection reset");
    expect(machine.isRunning).toBe(true);
  });

  test("stop() of a paused process waits until it goes on", async () => {
    const { cluster, drive, pass } = await smallCluster();
    const machine = cluster.machine("n1");
    machine.pause();
    const stopping = machine.stop();
    await pass(5_000);
    expect(machine.isRunning).toBe(true);
    machine.resume();
    await drive(stopping);
    expect(machine.isRunning).toBe(false);
  });
});

describe("SimCluster", () => {
  test("stop() kills a node that never ends what it has under way", async () => {
    const { ask, cluster, drive, pass } = await smallCluster();
    cluster.machine("n1").disk.setSlow({ readMs: 0, writeMs: 3_600_000 });
    ask("n1", PUT).catch(() => {});
    await pass(100);
    await drive(cluster.stop());
    expect([...cluster.simNodes.values()].some(({ isRunning }) => isRunning)).toBe(false);
  });

  test("start() names the pair that does not reach each other", async () => {
    const { cluster, drive } = await smallCluster();
    cluster.net.impair([{ from: "n1", to: "n3" }], { kind: "clog" });
    await expect(drive(cluster.start())).rejects.toThrow(
      /^Cannot start the cluster: n[13] did not reach n[13] \(/,
    );
  });

  test("counts the requests of clients, and not those of the harness", async () => {
    const { ask, cluster, drive } = await smallCluster();
    await drive(ask("n1", PUT));
    await drive(ask("n1"));
    expect(cluster.requestCount).toBe(1);
  });
});
