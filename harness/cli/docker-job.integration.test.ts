/**
 * The whole job in containers, as a user starts it: a verdict, and nothing left behind, however it ends. What can be wrong
 * with an engine is one line and status 70.
 */

import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { docker } from "../drivers/docker/docker-program.ts";
import { findEngine } from "../drivers/docker/engine.ts";
import type { Summary } from "../run/summary.ts";

const CLI = join(import.meta.dirname, "..", "cli.ts");
const LIGHT = ["--nodes", "3", "--rate", "150", "--seconds", "12", "--seed", "1"];
const OWNED = "label=ringside.run";

const engine = await findEngine().catch((error: Error) => error);
const isMissing = engine instanceof Error;

let results: string;

beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), "docker-job-test-"));
});

afterEach(async () => {
  await rm(results, { recursive: true, force: true });
});

function startBench(flags: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const args = ["bench", "--cluster", "docker", ...LIGHT, "--out", results, ...flags];
  return execa(process.execPath, [CLI, ...args], { reject: false, env: environment, all: true });
}

/** Resolves once the bench has printed this. */
async function untilPrinted(bench: ReturnType<typeof startBench>, text: string): Promise<void> {
  let printed = "";
  while (!printed.includes(text)) printed += String(await once(bench.all, "data"));
}

/** Everything on the engine that belongs to any run. */
async function leftovers(): Promise<readonly string[]> {
  const lists = [
    ["ps", "--all"],
    ["network", "ls"],
    ["volume", "ls"],
  ].map((list) =>
    docker([...list, "--quiet", "--filter", OWNED], { action: "look for leftovers" }),
  );
  return (await Promise.all(lists)).filter((printed) => printed !== "");
}

describe.skipIf(isMissing)("bench --cluster docker", () => {
  it("comes to a verdict and removes everything", async () => {
    const { exitCode, all } = await startBench(["--nemesis", "one,crash"]);
    expect(exitCode, all).toBe(0);
    const file = join(results, "latest", "summary.json");
    const summary = JSON.parse(await readFile(file, "utf8")) as Summary;
    // A run of crashes ends with one of all nodes.
    expect(summary).toMatchObject({ verdict: "valid", faults: { injected: 3, observed: 3 } });
    expect(all).toContain(`Toxiproxy ${summary.toxiproxy.kind} ${summary.toxiproxy.version}`);
    expect(await leftovers()).toEqual([]);
  });

  it("ends in order at Ctrl-C, with what it has", async () => {
    const bench = startBench([]);
    await untilPrinted(bench, "healthy");
    bench.kill("SIGINT");
    expect((await bench).exitCode).toBe(130);
    expect(await leftovers()).toEqual([]);
  });

  it("gives up a start at Ctrl-C, and removes what there was of it", async () => {
    const bench = startBench([]);
    await untilPrinted(bench, "starting");
    await expect.poll(leftovers, { timeout: 60_000, interval: 50 }).not.toEqual([]);
    bench.kill("SIGINT");
    expect((await bench).exitCode).toBe(130);
    expect(await leftovers()).toEqual([]);
  });

  it("leaves the removal to a process of its own at the second Ctrl-C", async () => {
    const bench = startBench([]);
    await untilPrinted(bench, "healthy");
    bench.kill("SIGINT");
    await untilPrinted(bench, "once more ends at once");
    bench.kill("SIGINT");
    expect((await bench).exitCode).toBe(130);
    await expect.poll(leftovers, { timeout: 30_000, interval: 500 }).toEqual([]);
  });

  it("removes what a harness left that was killed", async () => {
    const killed = startBench([]);
    await untilPrinted(killed, "healthy");
    killed.kill("SIGKILL");
    await killed;
    expect(await leftovers()).not.toEqual([]);
    const { exitCode } = await startBench(["--toxiproxy-image", "localhost:1/none:1"]);
    expect(exitCode).toBe(70);
    expect(await leftovers()).toEqual([]);
  });

  it("leaves the cluster up with --keep and says how to look inside and to remove it", async () => {
    const { exitCode, all } = await startBench(["--nemesis", "none", "--keep"]);
    expect(exitCode, all).toBe(0);
    const commands = /inside a node: (docker exec -it) (\S+) sh[\s\S]*removal: (.+)/.exec(
      all ?? "",
    );
    const [, , node = "", removal = ""] = commands ?? [];
    expect(await docker(["exec", node, "id", "-u"], { action: "look inside" })).toBe("10001");
    const folder = /rm -r (\S+)$/.exec(removal)?.[1] ?? "";
    expect(existsSync(folder)).toBe(true);
    await execa(removal, { shell: true });
    expect(await leftovers()).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });
});

describe("bench --cluster docker without an engine", () => {
  it("says so in one line with status 70", async () => {
    const { exitCode, stderr } = await startBench([], {
      DOCKER_HOST: "unix:///nowhere/docker.sock",
    });
    expect(exitCode).toBe(70);
    expect(stderr).toMatch(/^Cannot use Docker: (no engine answers|the program docker is not)/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
