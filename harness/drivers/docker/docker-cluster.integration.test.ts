/**
 * The driver with a real engine and real nodes: the contract, what the image and the networks promise, and that nothing
 * stays behind. Without an engine there is nothing to test, which is said, and fails where CI is set.
 */

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createHttpCaller } from "../../../src/platform/http-client.ts";
import { createNodeClock } from "../../../src/platform/node-clock.ts";
import type { Cluster } from "../../cluster/contract.ts";
import { describeClusterContract } from "../../cluster/testing/cluster-suite.ts";
import { NODE_FLAGS } from "../node-flags.ts";
import { SMALL_PLAN } from "../testing/small-plan.ts";
import type { DockerClusterOptions } from "./docker-cluster.ts";
import { startDockerCluster } from "./docker-cluster.ts";
import { docker } from "./docker-program.ts";
import { findEngine } from "./engine.ts";
import { findImages } from "./images.ts";
import { leftoversOf } from "./leftovers.ts";

const PROJECT = join(import.meta.dirname, "..", "..", "..");
const SOURCES = {
  project: PROJECT,
  nodeVersion: process.versions.node,
  nodeProgram: process.execPath,
  note: () => {},
};
const MIB = 1_024 * 1_024;
const ADDED_BYTES_MAX = 40_000_000;

const engine = await findEngine().catch((error: Error) => error);
const isMissing = engine instanceof Error;
if (isMissing) console.error(`No test of containers: ${engine.message}`);

const http = createHttpCaller();
let logFolder: string;
let cluster: Cluster | undefined;
let runs = 0;
let run: string;
const failures: string[] = [];

beforeAll(async () => {
  logFolder = await mkdtemp(join(tmpdir(), "docker-test-"));
  // Takes minutes where nothing was built before.
  if (!isMissing) await findImages(engine, SOURCES, undefined);
}, 600_000);

afterAll(async () => {
  http.close();
  await rm(logFolder, { recursive: true, force: true });
});

async function start(options: Partial<DockerClusterOptions> = {}): Promise<Cluster> {
  runs += 1;
  run = `ringside-test-${process.pid}-${runs}`;
  cluster = await startDockerCluster({
    plan: { ...SMALL_PLAN, engine: "lmdb" },
    run,
    logFolder,
    keep: false,
    toxiproxyImage: undefined,
    diskBytes: undefined,
    signal: new AbortController().signal,
    sources: SOURCES,
    onFailure: (error) => failures.push(error.message),
    ...options,
  });
  return cluster;
}

/** What a shell in a node's container prints. */
function inNode(node: string, script: string): Promise<string> {
  return docker(["exec", `${run}-${node}`, "sh", "-c", script], { action: "look into a node" });
}

/** "connected", or the code of the error, of a TCP connection that a node opens. */
function dial(node: string, host: string, port: number): Promise<string> {
  const program = `const s = require("node:net").connect({host: "${host}", port: ${port}, timeout: 2000});
    const end = (word) => { console.log(word); process.exit(0); };
    s.on("connect", () => end("connected")).on("timeout", () => end("timeout")).on("error", (e) => end(e.code));`;
  return docker(["exec", `${run}-${node}`, "node", "-e", program], { action: "dial from a node" });
}

async function inspect<T>(name: string, format: string): Promise<T> {
  const args = ["inspect", "--format", `{{json ${format}}}`, name];
  return JSON.parse(await docker(args, { action: "inspect" })) as T;
}

it.runIf(isMissing && process.env["CI"] !== undefined)("has an engine on CI", () => {
  expect(engine).not.toBeInstanceOf(Error);
});

describe.skipIf(isMissing)("startDockerCluster()", () => {
  afterEach(async () => {
    await cluster?.stop();
    cluster = undefined;
    failures.length = 0;
  });

  it("gives a node no way to another past the proxies", async () => {
    await start();
    const addresses = await Promise.all(
      ["n2", "n3"].map((node) =>
        inspect<Record<string, { IPAddress: string }>>(
          `${run}-${node}`,
          ".NetworkSettings.Networks",
        ),
      ),
    );
    const gateway = await inspect<Record<string, { Gateway: string }>>(
      `${run}-toxiproxy`,
      ".NetworkSettings.Networks",
    );
    const published = await inspect<Record<string, readonly { HostPort: string }[]>>(
      `${run}-toxiproxy`,
      ".NetworkSettings.Ports",
    );
    const hosts = addresses.map((networks) => Object.values(networks)[0]?.IPAddress ?? "");
    const targets = hosts.flatMap((host) => [7_000, 8_080].map((port) => ({ host, port })));
    const byAddress = await Promise.all(targets.map(({ host, port }) => dial("n1", host, port)));
    for (const end of byAddress) expect(end).toMatch(/^(timeout|E\w+UNREACH)$/);
    // No name server knows its peers; how long the one that is asked takes to say so is its own affair.
    const byName = await Promise.all(["n2", "n3"].map((node) => dial("n1", node, 7_000)));
    for (const end of byName) expect(end).toMatch(/^(timeout|ENOTFOUND|EAI_AGAIN)$/);
    const hostPort = Number(Object.values(published)[0]?.[0]?.HostPort);
    for (const { Gateway: host } of Object.values(gateway).filter((each) => each.Gateway !== "")) {
      expect(await dial("n1", host, hostPort)).not.toBe("connected");
    }
    expect(await dial("n1", "toxiproxy", 8_474)).toBe("connected");
    expect(await dial("n1", "127.0.0.1", 8_080)).toBe("connected");
  });

  it("runs nodes without rights, on a system that is only read, under an init process", async () => {
    await start();
    expect(await inNode("n1", "id -u")).toBe("10001");
    expect(await inNode("n1", "touch /app/x 2>&1 || true")).toContain("Read-only file system");
    expect(await inNode("n1", "grep CapEff /proc/self/status")).toMatch(/\b0{16}$/);
    const command = `tini -- node ${NODE_FLAGS.join(" ")} src/main`;
    expect((await inNode("n1", "tr '\\0' ' ' < /proc/1/cmdline")).startsWith(command)).toBe(true);
    expect(await inNode("n1", "ls /data")).not.toBe("");
    const image = await inspect<string>(`${run}-n1`, ".Image");
    const base = await inspect<string>(image, `(index .Config.Labels "ringside.image")`);
    const addedBytes =
      (await inspect<number>(image, ".Size")) - (await inspect<number>(base, ".Size"));
    expect(addedBytes).toBeLessThan(ADDED_BYTES_MAX);
    // The driver switches it off, since it would use up the limits that faults set.
    const [, ...check] = await inspect<readonly string[]>(image, ".Config.Healthcheck.Test");
    await docker(["exec", `${run}-n1`, ...check], { action: "check the health" });
    await expect(
      docker(["exec", `${run}-toxiproxy`, ...check], { action: "check the health" }),
    ).rejects.toThrow("Not healthy");
  });

  it("leaves logs that end with an orderly stop", async () => {
    await (await start()).stop();
    const log = await readFile(join(logFolder, "n1.log"), "utf8");
    expect(log).toContain('"reason":"SIGTERM","msg":"Node stops"');
  });

  it("wipes a node by giving it a new volume, and cannot fill one that is the engine's", async () => {
    const { processes, machines, ...running } = await start();
    const createdAt = () => inspect<string>(`${run}-n2-data`, ".CreatedAt");
    const before = await createdAt();
    const { life } = await running.status("n2");
    await processes?.kill("n2");
    await processes?.wipe("n2");
    await processes?.restart("n2");
    expect(await createdAt()).not.toBe(before);
    expect((await running.status("n2")).life).not.toBe(life);
    await expect(machines?.fillDisk("n2")).rejects.toThrow(/^Cannot fill the disk of node n2: /);
  });

  it("tells of a node that dies on its own, and not of one it killed", async () => {
    const running = await start();
    await running.processes?.kill("n1");
    await docker(["kill", `${run}-n2`], { action: "kill a node" });
    await expect.poll(() => failures, { timeout: 5_000 }).toHaveLength(1);
    expect(failures[0]).toContain("Node n2 died on its own with signal 9; the end of its log:");
  });

  it("reports a node that dies at start with the end of its log, and leaves nothing", async () => {
    const plan = { ...SMALL_PLAN, partitions: 1 };
    await expect(start({ plan })).rejects.toThrow(
      /^Node n\d died on its own with exit status 64; the end of its log:[\s\S]*Cannot use partitions/,
    );
    expect(await leftoversOf(run)).toEqual([]);
  });

  it("reports an image that does not build, and leaves nothing of the attempt", async () => {
    const project = await mkdtemp(join(tmpdir(), "docker-test-project-"));
    try {
      for (const part of ["package.json", "package-lock.json", "src", "harness", "workloads"]) {
        await cp(join(PROJECT, part), join(project, part), { recursive: true });
      }
      await mkdir(join(project, "docker"));
      const broken = ["ARG BASE_IMAGE", "FROM $BASE_IMAGE", "RUN exit 7", ""].join("\n");
      await writeFile(join(project, "docker", "Dockerfile"), broken);
      const before = await docker(["ps", "--all", "--quiet"], { action: "look for containers" });
      await expect(start({ sources: { ...SOURCES, project } })).rejects.toThrow(
        /^Cannot build the image: .*\b7\b/,
      );
      expect(await docker(["ps", "--all", "--quiet"], { action: "look again" })).toBe(before);
    } finally {
      await rm(project, { recursive: true, force: true });
    }
  });

  it("takes an image of Toxiproxy that was asked for, or says that there is none", async () => {
    await expect(start({ toxiproxyImage: "localhost:1/none:1" })).rejects.toThrow(
      /^Cannot pull localhost:1\/none:1: /,
    );
    expect(await leftoversOf(run)).toEqual([]);
  });
});

describe.skipIf(isMissing)("over containers", () => {
  describeClusterContract("startDockerCluster()", {
    driver: "docker",
    storesData: true,
    sharesCluster: true,
    async start() {
      // Room for what one test writes until a node meets its limit of memory.
      const running = await start({ diskBytes: 256 * MIB });
      const name = run;
      return {
        cluster: running,
        clock: createNodeClock(),
        http,
        drive: (promise) => promise,
        leftovers: () => leftoversOf(name),
      };
    },
  });
});
