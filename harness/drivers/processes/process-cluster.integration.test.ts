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
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpCaller } from "../../../src/platform/http-client.ts";
import { createNodeClock } from "../../../src/platform/node-clock.ts";
import type { Cluster } from "../../cluster/contract.ts";
import { describeClusterContract } from "../../cluster/testing/cluster-suite.ts";
import { isAlive } from "../is-alive.ts";
import { openProxies } from "../open-proxies.ts";
import { SMALL_PLAN } from "../testing/small-plan.ts";
import { startProcessCluster } from "./process-cluster.ts";

const STAND_IN = join(import.meta.dirname, "testing", "stand-in-node.ts");
const HARNESS = join(import.meta.dirname, "testing", "stand-in-harness.ts");

let logFolder: string;
let cluster: Cluster | undefined;
const environment = process.env;
const http = createHttpCaller();

beforeEach(async () => {
  logFolder = await mkdtemp(join(tmpdir(), "driver-test-"));
});

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
  process.env = environment;
  await rm(logFolder, { recursive: true, force: true });
});

afterAll(() => http.close());

async function start(onFailure: (error: Error) => void = () => {}): Promise<Cluster> {
  cluster = await startProcessCluster({
    plan: SMALL_PLAN,
    run: "test",
    logFolder,
    keep: false,
    nodeProgram: [process.execPath, STAND_IN],
    stopTimeoutMs: 2_000,
    openProxies: (address) => openProxies({ url: undefined, address, run: "test", onFailure }),
    onFailure,
  });
  return cluster;
}

/** Process id of a stand-in node: it gives it as its life. */
async function pidOf(running: Cluster, node: string): Promise<number> {
  return Number((await running.status(node)).life);
}

async function temporaryRuns(pid: number): Promise<readonly string[]> {
  const folder = join(tmpdir(), `ringside-${pid}`);
  return existsSync(folder) ? readdir(folder) : [];
}

describe("startProcessCluster()", () => {
  it("starts nodes with folders and logs, and leaves only the logs behind", async () => {
    const running = await start();
    const pids = await Promise.all(running.nodes.map((node) => pidOf(running, node)));
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
  it("kill() resolves when the process is gone", async () => {
    const running = await start();
    const first = await pidOf(running, "n2");
    await running.processes?.kill("n2");
    expect(isAlive(first)).toBe(false);
  });

  it.each([
    ["unclean", "exit status 3; the end of its log"],
    ["stubborn", "signal SIGKILL"],
  ])("shutDown() rejects where the node is %s, and leaves it startable", async (behaviour, how) => {
    process.env = { ...process.env, RINGSIDE_STAND_IN: behaviour };
    const failures: string[] = [];
    const running = await start((error) => failures.push(error.message));
    const first = await pidOf(running, "n2");
    await expect(running.processes?.shutDown("n2")).rejects.toThrow(
      `Node n2 died when it was asked to stop with ${how}`,
    );
    expect(isAlive(first)).toBe(false);
    await running.processes?.restart("n2");
    expect(await running.status("n2")).toMatchObject({ ready: true });
    expect(failures).toEqual([]);
  });
});

describeClusterContract("startProcessCluster()", {
  driver: "processes",
  storesData: false,
  async start() {
    const running = await start();
    const pids = await Promise.all(running.nodes.map((node) => pidOf(running, node)));
    return {
      cluster: running,
      clock: createNodeClock(),
      http,
      drive: (promise) => promise,
      async leftovers() {
        const alive = pids.filter(isAlive).map((pid) => `process ${pid}`);
        const folders = await temporaryRuns(process.pid);
        return [...alive, ...folders.map((folder) => `folder ${folder}`)];
      },
    };
  },
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
