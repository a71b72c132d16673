import { expect } from "vitest";
import { waitMs } from "../../../src/env/wait.ts";
import { probeStatus } from "../../nemesis/probes.ts";
import type { MachinePower, MachinePressure } from "../contract.ts";
import type { ClusterWorld, InCluster } from "./cluster-world.ts";
import { expectBothReached } from "./cluster-world.ts";

const CPUS_MIN = 0.02;
/** A value that is not small beside what a node has in use. */
const VALUE_BYTES = 512 * 1_024;
const REQUEST_TIMEOUT_MS = 2_000;
/** Until a limit has been met, or a node has come back. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 50;
/** Less than a page. */
const FULL_BYTES_MAX = 4_095;

/** What power over machines means, for drivers that have it: limits are seen to bite by what the machine itself counts. */
export function describeMachinePower(inCluster: InCluster): void {
  inCluster("a detached node hears nobody and goes on with the life it had", async (world) => {
    const { cluster } = world;
    const machines = machinesOf(world);
    const { life } = await cluster.status("n2");
    await machines.detach("n2");
    await expect(cluster.status("n2")).rejects.toThrow(/^Cannot /);
    expect(await cluster.probe("n1", "n2")).toMatchObject({ answered: false });
    expect(await cluster.probe("n1", "n3")).toMatchObject({ answered: true });
    expect((await machines.pressure("n2")).memoryBytes).toBeGreaterThan(0);
    await machines.attach("n2");
    await until(world, async () => (await probeStatus(world, "n2")).answered);
    expect(await cluster.status("n2")).toMatchObject({ ready: true, life });
    await expectBothReached(world);
  });

  inCluster("a node with little processor time is held back until unlimit()", async (world) => {
    const machines = machinesOf(world);
    const { life } = await world.cluster.status("n2");
    const before = await machines.pressure("n2");
    await machines.limit("n2", { cpus: CPUS_MIN });
    await until(world, async () => {
      await Promise.all(Array.from({ length: 10 }, () => probeStatus(world, "n2")));
      return (await machines.pressure("n2")).throttledPeriods > before.throttledPeriods;
    });
    await machines.unlimit("n2");
    expect(await world.cluster.status("n2")).toMatchObject({ ready: true, life });
  });

  inCluster(
    "a node at its limit of memory meets it or dies of it, and unlimit() brings it back",
    async (world) => {
      const machines = machinesOf(world);
      const before = await machines.pressure("n2");
      expect(before.memoryBytes).toBeGreaterThan(0);
      await machines.limit("n2", { memoryBytes: before.memoryBytes });
      let number = 0;
      await until(world, async () => {
        await tryToWrite(world, `value ${number}`);
        number += 1;
        const now = await machines.pressure("n2");
        return hasMetLimit(before, now);
      });
      await machines.unlimit("n2");
      await until(world, async () => (await probeStatus(world, "n2")).answered);
      expect(await world.cluster.status("n2")).toMatchObject({ ready: true });
      await expectBothReached(world);
    },
  );

  inCluster("fillDisk() leaves a node no room, freeDisk() gives it back", async (world) => {
    const machines = machinesOf(world);
    const { life } = await world.cluster.status("n2");
    const { diskFreeBytes } = await machines.pressure("n2");
    expect(diskFreeBytes).toBeGreaterThan(FULL_BYTES_MAX);
    await machines.fillDisk("n2");
    expect((await machines.pressure("n2")).diskFreeBytes).toBeLessThanOrEqual(FULL_BYTES_MAX);
    expect((await machines.pressure("n1")).diskFreeBytes).toBeGreaterThan(FULL_BYTES_MAX);
    await machines.freeDisk("n2");
    expect((await machines.pressure("n2")).diskFreeBytes).toBeGreaterThan(FULL_BYTES_MAX);
    expect(await world.cluster.status("n2")).toMatchObject({ ready: true, life });
  });
}

function machinesOf({ cluster }: ClusterWorld): MachinePower {
  if (cluster.machines === undefined) throw new Error("The driver has no power over machines");
  return cluster.machines;
}

function hasMetLimit(before: MachinePressure, now: MachinePressure): boolean {
  return now.memoryLimitHits > before.memoryLimitHits || now.memoryKills > before.memoryKills;
}

/** Whether the node takes the value is no matter here: it must find memory for it first. */
async function tryToWrite({ cluster, http }: ClusterWorld, key: string): Promise<void> {
  const name = Buffer.from(key).toString("base64url");
  const call = {
    method: "PUT",
    url: `${cluster.addresses("n2").direct}/kv64/${name}?w=1`,
    body: new Uint8Array(VALUE_BYTES),
    timeoutMs: REQUEST_TIMEOUT_MS,
  };
  await Promise.allSettled([http.call(call)]);
}

/** Asks again until it is so. Rejects when it never is. */
async function until({ clock }: ClusterWorld, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = clock.monotonicMs() + PATIENCE_MS;
  while (!(await isSo())) {
    expect(clock.monotonicMs(), "what was waited for never came").toBeLessThan(deadlineMs);
    await waitMs(clock, PAUSE_MS);
  }
}
