/**
 * The driver with real processes, a real embedded Toxiproxy, and a stand-in for the node, so that what is tested here is the
 * driver: what it starts, what its powers do to processes and links, and that nothing stays behind.
 */

import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Cluster } from "../../cluster/contract.ts";
import { linkName } from "../../cluster/contract.ts";
import { pairsOf } from "../../nemesis/probes.ts";
import { isAlive } from "./is-alive.ts";
import { openProxies } from "./open-proxies.ts";
import { startProcessCluster } from "./process-cluster.ts";

const STAND_IN = join(import.meta.dirname, "testing", "stand-in-node.ts");
const HARNESS = join(import.meta.dirname, "testing", "stand-in-harness.ts");

let logFolder: string;
let cluster: Cluster | undefined;
const environment = process.env;

beforeEach(async () => {
  logFolder = await mkdtemp(join(tmpdir(), "driver-test-"));
});

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
  process.env = environment;
  await rm(logFolder, { recursive: true, force: true });
});

async function start(onFailure: (error: Error) => void = () => {}): Promise<Cluster> {
  cluster = await startProcessCluster({
    plan: {
      nodes: 3,
      n: 3,
      r: 2,
      w: 2,
      partitions: 64,
      quorum: "sloppy",
      versioning: "dvvset",
      engine: "memory",
    },
    run: "test",
    logFolder,
    keep: false,
    nodeProgram: [process.execPath, STAND_IN],
    openProxies: (address) => openProxies({ url: undefined, address, run: "test", onFailure }),
    onFailure,
  });
  return cluster;
}

/** Process id of a stand-in node: it gives it as its incarnation. */
async function pidOf(running: Cluster, node: string): Promise<number> {
  return Number((await running.status(node)).incarnation);
}

async function answers(running: Cluster, from: string, to: string): Promise<boolean> {
  return (await running.probe(from, to)).answered;
}

async function temporaryRuns(pid: number): Promise<readonly string[]> {
  const folder = join(tmpdir(), `ringside-${pid}`);
  return existsSync(folder) ? readdir(folder) : [];
}

describe("startProcessCluster()", () => {
  it("starts nodes that reach each other through a proxy for each directed link, and leaves nothing behind", async () => {
    const running = await start();
    const pids = await Promise.all(running.nodes.map((node) => pidOf(running, node)));
    for (const { from, to } of pairsOf(running.nodes)) {
      expect(await answers(running, from, to)).toBe(true);
    }
    const carried = await running.network?.carriedBytes();
    const links = pairsOf(running.nodes).map(linkName);
    expect([...(carried?.keys() ?? [])].toSorted()).toEqual(links.toSorted());
    expect(Math.min(...(carried?.values() ?? []))).toBeGreaterThan(0);
    for (const url of running.addresses("n1").clients.values()) {
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
    }
    expect((await temporaryRuns(process.pid)).length).toBe(1);

    await running.stop();
    expect(pids.some(isAlive)).toBe(false);
    expect(await temporaryRuns(process.pid)).toEqual([]);
    expect(await readFile(join(logFolder, "n1.log"), "utf8")).toContain("stand-in n1 starts");
  });

  it("reports a node that dies at start with the end of its log, and stops the rest", async () => {
    process.env = { ...process.env, RINGSIDE_STAND_IN: "die" };
    await expect(start()).rejects.toThrow(
      /Node n2 died while it started with exit status 1; the end of its log:[\s\S]*told to die/,
    );
    expect(await temporaryRuns(process.pid)).toEqual([]);
  });

  it("tells of a node that dies on its own, and not of one it killed", async () => {
    const failures: string[] = [];
    const running = await start((error) => failures.push(error.message));
    await running.processes?.kill("n1");
    process.kill(await pidOf(running, "n2"), "SIGKILL");
    await expect.poll(() => failures).toHaveLength(1);
    expect(failures[0]).toContain("Node n2 died on its own with signal SIGKILL");
  });
});

describe("ProcessPower", () => {
  it("kills, restarts on the same ports, pauses and resumes", async () => {
    const running = await start();
    const first = await pidOf(running, "n2");
    await running.processes?.kill("n2");
    expect(isAlive(first)).toBe(false);
    await expect(running.status("n2")).rejects.toThrow("Cannot ask");
    await running.processes?.wipe("n2");
    await running.processes?.restart("n2");
    expect(await pidOf(running, "n2")).not.toBe(first);
    expect(await answers(running, "n1", "n2")).toBe(true);

    await expect(running.processes?.wipe("n2")).rejects.toThrow("it is running");
    await running.processes?.pause("n2");
    await expect(running.status("n2")).rejects.toThrow("no answer within");
    await running.processes?.resume("n2");
    expect((await running.status("n2")).ready).toBe(true);
  });
});

describe("LinkProxies", () => {
  const link = { from: "n1", to: "n2" };

  it.each(["black-hole", "closed"] as const)("cuts one pair by %s and heals it", async (kind) => {
    const running = await start();
    await running.network?.apply([link], { kind });
    expect(await answers(running, "n1", "n2")).toBe(false);
    expect(await answers(running, "n2", "n1")).toBe(false);
    expect(await answers(running, "n1", "n3")).toBe(true);
    expect(await answers(running, "n3", "n2")).toBe(true);
    await running.network?.heal();
    expect(await answers(running, "n1", "n2")).toBe(true);
    expect(await answers(running, "n2", "n1")).toBe(true);
  });

  it("slows what the first end says, in requests and in replies", async () => {
    const running = await start();
    await running.network?.apply([link], { kind: "latency", latencyMs: 150, jitterMs: 0 });
    expect((await running.probe("n1", "n2")).latencyMs).toBeGreaterThan(140);
    expect((await running.probe("n2", "n1")).latencyMs).toBeGreaterThan(140);
    expect((await running.probe("n1", "n3")).latencyMs).toBeLessThan(140);
  });

  it("cuts the clients of a home node from a node, and no others", async () => {
    const running = await start();
    await running.network?.apply([{ from: "client-n1", to: "n2" }], { kind: "black-hole" });
    const ask = async (home: string) =>
      fetch(`${running.addresses("n2").clients.get(home)}/healthz`, {
        signal: AbortSignal.timeout(500),
      }).then(
        () => true,
        () => false,
      );
    expect(await ask("n1")).toBe(false);
    expect(await ask("n3")).toBe(true);
  });
});

describe("a killed harness", () => {
  it("takes its nodes along, paused ones too, and its folders go with the next start", async () => {
    const harness = execa(process.execPath, [HARNESS, logFolder], { reject: false });
    const [line] = await once(harness.stdout, "data");
    const pids = String(line).trim().split(" ").map(Number);
    expect(pids.length).toBe(3);
    expect(pids.every(isAlive)).toBe(true);
    harness.kill("SIGKILL");
    await harness;
    await expect.poll(() => pids.filter(isAlive), { timeout: 5_000 }).toEqual([]);
    const left = harness.pid ?? 0;
    expect((await temporaryRuns(left)).length).toBe(1);
    await start();
    expect(await temporaryRuns(left)).toEqual([]);
  });
});
