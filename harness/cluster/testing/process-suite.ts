import { expect } from "vitest";
import { pairsOf } from "../../nemesis/probes.ts";
import type { InCluster } from "./cluster-world.ts";
import { expectBothReached, KEY, write } from "./cluster-world.ts";

/** What power over processes means, for drivers that have it: what becomes of a node's life. */
export function describeProcessPower(inCluster: InCluster): void {
  inCluster("a killed node is gone until its restart, which is another life", async (world) => {
    const { cluster } = world;
    const { processes } = cluster;
    const { life } = await cluster.status("n2");
    await processes.kill("n2");
    await expect(cluster.status("n2")).rejects.toThrow(/^Cannot /);
    await expect(cluster.probe("n2", "n1")).rejects.toThrow(/^Cannot /);
    expect(await cluster.probe("n1", "n2")).toMatchObject({ answered: false });
    await expect(processes.pause("n2")).rejects.toThrow("it is not running");
    await processes.kill("n2");
    await processes.restart("n2");
    expect((await cluster.status("n2")).life).not.toBe(life);
    await expectBothReached(world);
    await expect(processes.restart("n2")).rejects.toThrow("it is running");
    await expect(processes.wipe("n2")).rejects.toThrow("it is running");
  });

  inCluster("a paused node is silent and goes on with the life it had", async ({ cluster }) => {
    const { life } = await cluster.status("n2");
    await cluster.processes.pause("n2");
    await expect(cluster.status("n2")).rejects.toThrow(/no (answer|response) within/);
    expect(await cluster.probe("n1", "n2")).toMatchObject({ answered: false });
    await cluster.processes.resume("n2");
    expect(await cluster.status("n2")).toMatchObject({ ready: true, life });
  });

  inCluster(
    "a node that is shut down ends well, and its restart is another life",
    async (world) => {
      const { cluster } = world;
      const { processes } = cluster;
      const { life } = await cluster.status("n2");
      await processes.shutDown("n2");
      await expect(cluster.status("n2")).rejects.toThrow(/^Cannot /);
      expect(await cluster.probe("n1", "n2")).toMatchObject({ answered: false });
      await expect(processes.shutDown("n2")).rejects.toThrow("it is not running");
      await processes.restart("n2");
      expect((await cluster.status("n2")).life).not.toBe(life);
      await expectBothReached(world);
    },
  );

  inCluster("a paused node can be shut down", async ({ cluster }) => {
    await cluster.processes.pause("n2");
    await cluster.processes.shutDown("n2");
    await expect(cluster.status("n2")).rejects.toThrow(/^Cannot /);
    await cluster.processes.restart("n2");
  });

  inCluster("a paused node can be killed and restarted", async ({ cluster }) => {
    await cluster.processes.pause("n2");
    await cluster.processes.kill("n2");
    await cluster.processes.wipe("n2");
    await cluster.processes.restart("n2");
    expect(await cluster.status("n2")).toMatchObject({ ready: true });
  });
}

/** The same of nodes that store data. */
export function describeLasting(inCluster: InCluster): void {
  inCluster("data outlive a kill and a shutdown, and end with wipe()", async (world) => {
    await write(world);
    const { cluster } = world;
    const written = await cluster.replica("n2", KEY);
    await cluster.processes.kill("n2");
    await cluster.processes.restart("n2");
    expect(await cluster.replica("n2", KEY)).toEqual(written);
    await cluster.processes.shutDown("n2");
    await cluster.processes.restart("n2");
    expect(await cluster.replica("n2", KEY)).toEqual(written);
    await cluster.processes.kill("n2");
    await cluster.processes.wipe("n2");
    // Or its peers would have filled it again by the time somebody looks.
    const links = pairsOf(cluster.nodes).filter(({ from, to }) => from === "n2" || to === "n2");
    await cluster.network.apply(links, { kind: "black-hole" });
    await cluster.processes.restart("n2");
    expect(await cluster.replica("n2", KEY)).toEqual({ digest: null });
    await cluster.network.heal();
    expect(await cluster.replica("n1", KEY)).toEqual(written);
  });
}
