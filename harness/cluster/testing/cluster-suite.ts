/*
 * Aim: what the contract of a cluster promises, the same for every driver, so that a run means the same wherever it runs.
 * Method: three nodes; every power that the driver has is used and then looked at through probes, statuses and requests, never
 * through the driver.
 */

import { afterAll, afterEach, describe, expect, test } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.ts";
import type { Power } from "../../nemesis/faults-of.ts";
import { POWERS, POWERS_OF } from "../../nemesis/faults-of.ts";
import { pairsOf, probeStatus } from "../../nemesis/probes.ts";
import type { Cluster } from "../contract.ts";
import { linkName } from "../contract.ts";
import type { ClusterWorld, InCluster, PoweredWorld } from "./cluster-world.ts";
import { expectBothReached, KEY, LINK, write } from "./cluster-world.ts";
import { describeMachinePower } from "./machine-suite.ts";
import { describeLasting, describeProcessPower } from "./process-suite.ts";

export interface ClusterSuiteOptions {
  readonly driver: Cluster["driver"];
  /** The suite stops the cluster. */
  readonly start: () => Promise<ClusterWorld>;
  /** True: where starting takes long, tests have one cluster after the other, as long as they succeed; each leaves it whole. False unless given: each its own. */
  readonly sharesCluster?: boolean;
  /** False: stand-ins for nodes, which keep nothing. */
  readonly storesData: boolean;
  /** Those that the clusters have; all that its driver can have unless given. */
  readonly powers?: readonly Power[];
  /** False: nodes that the driver found and leaves running. True unless given. */
  readonly stopsNodes?: boolean;
}

const LATENCY_MS = 150;
/** Of a probe over healthy links, on a busy machine too. */
const HEALTHY_MS_MAX = 140;
const REQUEST_TIMEOUT_MS = 500;
const CLOCK_OFFSET_MS = 3_600_000;
/** A clock is told to half of what an answer takes: to half a second (`toBeCloseTo` takes digits). */
const CLOCK_DIGITS = -3;

export function describeClusterContract(
  name: string,
  {
    driver,
    start,
    sharesCluster = false,
    storesData,
    powers = POWERS_OF[driver],
    stopsNodes = true,
  }: ClusterSuiteOptions,
): void {
  let shared: ClusterWorld | undefined;
  const running = new Set<ClusterWorld>();
  const stop = async (world: ClusterWorld): Promise<void> => {
    running.delete(world);
    await world.drive(world.cluster.stop());
  };
  const inCluster: InCluster = (title, body) =>
    test(title, async () => {
      const world = shared ?? (await start());
      shared = undefined;
      running.add(world);
      await world.drive(body(world as PoweredWorld));
      if (sharesCluster && running.has(world)) shared = world;
    });

  describe(`${name} as a cluster`, () => {
    // Those of tests that failed, or took too long, too.
    afterEach(async () => {
      for (const world of running) if (world !== shared) await stop(world);
    });

    afterAll(async () => {
      for (const world of running) await stop(world);
    });

    inCluster("has the powers that its faults take, and no others", async ({ cluster }) => {
      expect(cluster.driver).toBe(driver);
      const found = POWERS.filter((power) => cluster[power] !== undefined);
      expect(found).toEqual(POWERS.filter((power) => powers.includes(power)));
    });

    inCluster("status() names each node, ready, in a life of its own", async ({ cluster }) => {
      const states = await Promise.all(cluster.nodes.map((node) => cluster.status(node)));
      expect(states.map(({ nodeId }) => nodeId)).toEqual(["n1", "n2", "n3"]);
      expect(states.every(({ ready }) => ready)).toBe(true);
      expect(new Set(states.map(({ life }) => life)).size).toBe(3);
      expect(new Set(states.map(({ ring }) => ring.digest)).size).toBe(1);
    });

    inCluster("addresses() lead to the node directly and for each home", async (world) => {
      const { direct, clients } = world.cluster.addresses("n1");
      expect([...clients.keys()].toSorted()).toEqual(["n1", "n2", "n3"]);
      for (const url of [direct, ...clients.values()]) {
        expect(await answers(world, url)).toBe(true);
      }
    });

    inCluster("replica() of a key that was never written has no digest", async ({ cluster }) => {
      expect(await cluster.replica("n1", utf8Bytes("never written"))).toEqual({ digest: null });
    });

    if (powers.includes("network")) describeNetworkPower(inCluster);
    else
      inCluster("probe() reaches every node from every other", ({ cluster }) => probeAll(cluster));
    if (powers.includes("processes")) describeProcessPower(inCluster);
    if (powers.includes("clocks")) describeClockPower(inCluster);
    if (powers.includes("clocks") && powers.includes("processes")) describeNewClock(inCluster);
    if (powers.includes("machines")) describeMachinePower(inCluster);
    if (stopsNodes) describeStop(start);
    else describeLeaving(start);
    if (storesData) describeData(inCluster);
    if (storesData && powers.includes("processes")) describeLasting(inCluster);
  });
}

function describeNetworkPower(inCluster: InCluster): void {
  inCluster("probe() goes over the link of its pair, which is counted", async ({ cluster }) => {
    const links = pairsOf(cluster.nodes).map(linkName);
    const before = await cluster.network.carriedBytes();
    expect([...(before?.keys() ?? [])].toSorted()).toEqual(links.toSorted());
    await probeAll(cluster);
    const after = await cluster.network.carriedBytes();
    for (const link of links) {
      expect(after?.get(link), link).toBeGreaterThan(before?.get(link) ?? 0);
    }
  });

  for (const kind of ["black-hole", "closed"] as const) {
    inCluster(`network.apply() cuts one pair by ${kind}, heal() ends it`, async (world) => {
      const { cluster } = world;
      await cluster.network.apply([LINK], { kind });
      expect(await cluster.probe("n1", "n2")).toMatchObject({ answered: false });
      expect(await cluster.probe("n2", "n1")).toMatchObject({ answered: false });
      expect(await cluster.probe("n1", "n3")).toMatchObject({ answered: true });
      expect(await cluster.probe("n3", "n2")).toMatchObject({ answered: true });
      await cluster.network.heal();
      await expectBothReached(world);
    });
  }

  inCluster("latency slows what the first end says, requests and replies", async ({ cluster }) => {
    await cluster.network.apply([LINK], { kind: "latency", latencyMs: LATENCY_MS, jitterMs: 0 });
    expect((await cluster.probe("n1", "n2")).latencyMs).toBeGreaterThan(HEALTHY_MS_MAX);
    expect((await cluster.probe("n2", "n1")).latencyMs).toBeGreaterThan(HEALTHY_MS_MAX);
    expect((await cluster.probe("n1", "n3")).latencyMs).toBeLessThan(HEALTHY_MS_MAX);
    await cluster.network.heal();
    expect((await cluster.probe("n1", "n2")).latencyMs).toBeLessThan(HEALTHY_MS_MAX);
  });

  for (const kind of ["black-hole", "closed"] as const) {
    inCluster(`${kind} cuts the clients of one home from a node, no others`, async (world) => {
      const { clients, direct } = world.cluster.addresses("n2");
      await world.cluster.network.apply([{ from: "client-n1", to: "n2" }], { kind });
      expect(await answers(world, clients.get("n1"))).toBe(false);
      expect(await answers(world, clients.get("n3"))).toBe(true);
      expect(await answers(world, direct)).toBe(true);
      await world.cluster.network.heal();
      expect(await answers(world, clients.get("n1"))).toBe(true);
    });
  }

  inCluster("heal() undoes several faults of one link at once", async (world) => {
    const { cluster } = world;
    await cluster.network.apply([LINK], { kind: "latency", latencyMs: LATENCY_MS, jitterMs: 0 });
    await cluster.network.apply([LINK], { kind: "black-hole" });
    expect(await cluster.probe("n1", "n2")).toMatchObject({ answered: false });
    await cluster.network.heal();
    await expectBothReached(world);
    expect((await cluster.probe("n1", "n2")).latencyMs).toBeLessThan(HEALTHY_MS_MAX);
  });
}

function describeClockPower(inCluster: InCluster): void {
  inCluster("a clock goes wrong on one node, until it is put right", async (world) => {
    const { cluster } = world;
    await cluster.clocks.setOffset("n2", CLOCK_OFFSET_MS);
    expect(await clockAheadMs(world, "n2")).toBeCloseTo(CLOCK_OFFSET_MS, CLOCK_DIGITS);
    expect(await clockAheadMs(world, "n1")).toBeCloseTo(0, CLOCK_DIGITS);
    expect(await cluster.status("n1")).toMatchObject({ ready: true });
    await cluster.clocks.setOffset("n2", 0);
    expect(await clockAheadMs(world, "n2")).toBeCloseTo(0, CLOCK_DIGITS);
  });
}

function describeNewClock(inCluster: InCluster): void {
  inCluster("a node that starts again has its machine's clock", async (world) => {
    const { clocks, processes } = world.cluster;
    await clocks.setOffset("n2", -CLOCK_OFFSET_MS);
    await processes.kill("n2");
    await expect(clocks.setOffset("n2", 0)).rejects.toThrow(/^Cannot /);
    await processes.restart("n2");
    expect(await clockAheadMs(world, "n2")).toBeCloseTo(0, CLOCK_DIGITS);
  });
}

async function clockAheadMs({ cluster, clock }: ClusterWorld, node: string): Promise<number> {
  return (await probeStatus({ cluster, clock }, node)).clockAheadMs;
}

function describeStop(start: ClusterSuiteOptions["start"]): void {
  test("stop() leaves nothing of nodes that run, are paused, or are dead", async () => {
    const world = (await start()) as PoweredWorld;
    const { cluster } = world;
    await world.drive(cluster.processes.pause("n1"));
    await world.drive(cluster.processes.kill("n2"));
    expect(await world.leftovers()).not.toEqual([]);
    await world.drive(cluster.stop());
    expect(await world.leftovers()).toEqual([]);
    for (const node of cluster.nodes) {
      await world.drive(expect(cluster.status(node)).rejects.toThrow(/^Cannot /));
    }
  });
}

function describeLeaving(start: ClusterSuiteOptions["start"]): void {
  test("stop() leaves the nodes running, and nothing else", async () => {
    const world = await start();
    const { cluster } = world;
    const lives = () => Promise.all(cluster.nodes.map((node) => cluster.status(node)));
    const before = await world.drive(lives());
    await world.drive(cluster.stop());
    expect(await world.leftovers()).toEqual([]);
    const lifeOf = ({ life }: { readonly life: string }) => life;
    expect((await world.drive(lives())).map(lifeOf)).toEqual(before.map(lifeOf));
  });
}

function describeData(inCluster: InCluster): void {
  inCluster("replica() shows a write on every node that took it", async (world) => {
    await write(world);
    const { cluster } = world;
    const copies = await Promise.all(cluster.nodes.map((node) => cluster.replica(node, KEY)));
    expect(copies[0]?.digest).toMatch(/^[0-9a-f]+$/);
    expect(new Set(copies.map(({ digest }) => digest)).size).toBe(1);
  });
}

async function probeAll(cluster: Cluster): Promise<void> {
  for (const { from, to } of pairsOf(cluster.nodes)) {
    expect(await cluster.probe(from, to)).toMatchObject({ answered: true });
  }
}

async function answers({ http }: ClusterWorld, url: string | undefined): Promise<boolean> {
  const call = { method: "GET", url: `${url}/healthz`, timeoutMs: REQUEST_TIMEOUT_MS };
  return http.call(call).then(
    ({ status }) => status === 200,
    () => false,
  );
}
