/*
 * Aim: what the contract of a cluster promises, the same for every driver, so that a run means the same wherever it runs.
 * Method: three nodes; every power that the driver has is used and then looked at through probes, statuses and requests, never
 * through the driver.
 */

import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.ts";
import type { HttpCaller } from "../../../src/client/http-caller.ts";
import type { Clock } from "../../../src/env/clock.ts";
import type { Power } from "../../nemesis/faults-of.ts";
import { POWERS } from "../../nemesis/faults-of.ts";
import { pairsOf, probeUntil } from "../../nemesis/probes.ts";
import type { ClockPower, Cluster, NetworkPower, ProcessPower } from "../contract.ts";
import { linkName } from "../contract.ts";

/** A started cluster of n1, n2 and n3 with N=3, and what the suite needs around it. */
export interface ClusterWorld {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** Reaches the addresses of the cluster. */
  readonly http: HttpCaller;
  /** Lets the cluster work until the promise settles; one at a time. */
  drive<T>(promise: Promise<T>): Promise<T>;
  /** What is still there of the cluster, each thing in a few words. */
  leftovers(): Promise<readonly string[]>;
}

/** With powers: only tests for which the driver says that it has them see one. */
interface PoweredWorld extends ClusterWorld {
  readonly cluster: Cluster & {
    readonly network: NetworkPower;
    readonly processes: ProcessPower;
    readonly clocks: ClockPower;
  };
}

export interface ClusterSuiteOptions {
  /** Called for every test; the suite stops the cluster. */
  readonly start: () => Promise<ClusterWorld>;
  /** False: stand-ins for nodes, which keep nothing. */
  readonly storesData: boolean;
  /** Those that its clusters have; over network, processes and clocks unless given. */
  readonly powers?: readonly Power[];
  /** False: nodes that the driver found and leaves running. True unless given. */
  readonly stopsNodes?: boolean;
}

const MOST_POWERS: readonly Power[] = ["network", "processes", "clocks"];
const OFFSET_MS = 3_600_000;
const LINK = { from: "n1", to: "n2" } as const;
const KEY = utf8Bytes("kept");
const LATENCY_MS = 150;
/** Of a probe over healthy links, on a busy machine too. */
const HEALTHY_MS_MAX = 140;
const REQUEST_TIMEOUT_MS = 500;
/** Nodes dial again at their own pace. */
const RECONNECT_MS_MAX = 5_000;

export function describeClusterContract(
  name: string,
  { start, storesData, powers = MOST_POWERS, stopsNodes = true }: ClusterSuiteOptions,
): void {
  const inCluster: InCluster = (title, body) =>
    test(title, async () => {
      const world = (await start()) as PoweredWorld;
      try {
        await world.drive(body(world));
      } finally {
        await world.drive(world.cluster.stop());
      }
    });

  describe(`${name} as a cluster`, () => {
    inCluster("status() names each node, ready, in a life of its own", async ({ cluster }) => {
      const states = await Promise.all(cluster.nodes.map((node) => cluster.status(node)));
      expect(states.map(({ nodeId }) => nodeId)).toEqual(["n1", "n2", "n3"]);
      expect(states.every(({ ready }) => ready)).toBe(true);
      expect(new Set(states.map(({ incarnation }) => incarnation)).size).toBe(3);
      expect(new Set(states.map(({ ring }) => ring.digest)).size).toBe(1);
    });

    inCluster("has the powers that the driver says, and no other", async ({ cluster }) => {
      const found = POWERS.filter((name) => cluster[name] !== undefined);
      expect(found).toEqual(POWERS.filter((name) => powers.includes(name)));
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
    if (powers.includes("clocks") && storesData) describeClockPower(inCluster);
    if (stopsNodes) describeStop(start);
    else describeLeaving(start);
    if (storesData) describeData(inCluster);
    if (storesData && powers.includes("processes")) describeLasting(inCluster);
  });
}

type InCluster = (title: string, body: (world: PoweredWorld) => Promise<void>) => void;

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

function describeProcessPower(inCluster: InCluster): void {
  inCluster("a killed node is gone until its restart, which is another life", async (world) => {
    const { cluster } = world;
    const { processes } = cluster;
    const { incarnation } = await cluster.status("n2");
    await processes.kill("n2");
    await expect(cluster.status("n2")).rejects.toThrow(/^Cannot /);
    await expect(cluster.probe("n2", "n1")).rejects.toThrow(/^Cannot /);
    expect(await cluster.probe("n1", "n2")).toMatchObject({ answered: false });
    await expect(processes.pause("n2")).rejects.toThrow("it is not running");
    await processes.kill("n2");
    await processes.restart("n2");
    expect((await cluster.status("n2")).incarnation).not.toBe(incarnation);
    await expectBothReached(world);
    await expect(processes.restart("n2")).rejects.toThrow("it is running");
    await expect(processes.wipe("n2")).rejects.toThrow("it is running");
  });

  inCluster("a paused node is silent and goes on with the life it had", async ({ cluster }) => {
    const { incarnation } = await cluster.status("n2");
    await cluster.processes.pause("n2");
    await expect(cluster.status("n2")).rejects.toThrow(/no (answer|response) within/);
    expect(await cluster.probe("n1", "n2")).toMatchObject({ answered: false });
    await cluster.processes.resume("n2");
    expect(await cluster.status("n2")).toMatchObject({ ready: true, incarnation });
  });

  inCluster("a paused node can be killed and restarted", async ({ cluster }) => {
    await cluster.processes.pause("n2");
    await cluster.processes.kill("n2");
    await cluster.processes.wipe("n2");
    await cluster.processes.restart("n2");
    expect(await cluster.status("n2")).toMatchObject({ ready: true });
  });
}

function describeClockPower(inCluster: InCluster): void {
  inCluster("setOffset() moves the wall clock of one node, and 0 puts it right", async (world) => {
    const { cluster } = world;
    const aheadMs = async (node: string, other: string) =>
      (await cluster.status(node)).wallMs - (await cluster.status(other)).wallMs;
    const healthyMs = await aheadMs("n2", "n1");
    await cluster.clocks.setOffset("n2", OFFSET_MS);
    expect(Math.abs((await aheadMs("n2", "n1")) - healthyMs - OFFSET_MS)).toBeLessThan(
      OFFSET_MS / 2,
    );
    expect(Math.abs(await aheadMs("n3", "n1"))).toBeLessThan(OFFSET_MS / 2);
    await cluster.clocks.setOffset("n2", 0);
    expect(Math.abs((await aheadMs("n2", "n1")) - healthyMs)).toBeLessThan(OFFSET_MS / 2);
  });
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
    const incarnationOf = ({ incarnation }: { readonly incarnation: string }) => incarnation;
    expect((await world.drive(lives())).map(incarnationOf)).toEqual(before.map(incarnationOf));
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

function describeLasting(inCluster: InCluster): void {
  inCluster("data outlive a kill, and end with wipe()", async (world) => {
    await write(world);
    const { cluster } = world;
    const written = await cluster.replica("n2", KEY);
    await cluster.processes.kill("n2");
    await cluster.processes.restart("n2");
    expect(await cluster.replica("n2", KEY)).toEqual(written);
    await cluster.processes.kill("n2");
    await cluster.processes.wipe("n2");
    await cluster.processes.restart("n2");
    expect(await cluster.replica("n2", KEY)).toEqual({ digest: null });
    expect(await cluster.replica("n1", KEY)).toEqual(written);
  });
}

async function probeAll(cluster: Cluster): Promise<void> {
  for (const { from, to } of pairsOf(cluster.nodes)) {
    expect(await cluster.probe(from, to)).toMatchObject({ answered: true });
  }
}

/** n1 and n2 come to reach each other, each over its own connection. */
async function expectBothReached({ cluster, clock }: ClusterWorld): Promise<void> {
  const pairs = [LINK, { from: LINK.to, to: LINK.from }];
  const options = { isWanted: isAnswered, timeoutMs: RECONNECT_MS_MAX };
  const probes = await probeUntil({ cluster, clock }, pairs, options);
  expect(probes.map(isAnswered)).toEqual([true, true]);
}

function isAnswered({ answered }: { readonly answered: boolean }): boolean {
  return answered;
}

/** Resolves once all three nodes keep the key. */
async function write({ cluster, http }: ClusterWorld): Promise<void> {
  const name = Buffer.from(KEY).toString("base64url");
  const { status } = await http.call({
    method: "PUT",
    url: `${cluster.addresses("n1").direct}/kv64/${name}?w=3`,
    body: utf8Bytes("a value"),
    timeoutMs: 5_000,
  });
  expect(status).toBe(204);
}

async function answers({ http }: ClusterWorld, url: string | undefined): Promise<boolean> {
  const call = { method: "GET", url: `${url}/healthz`, timeoutMs: REQUEST_TIMEOUT_MS };
  return http.call(call).then(
    ({ status }) => status === 200,
    () => false,
  );
}
