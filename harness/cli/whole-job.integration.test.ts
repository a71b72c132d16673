/**
 * The whole job with real nodes: run, judge, analyze again. And the run that must not pass: nodes that dial past the
 * proxies, so that no fault reaches them.
 */

import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHttpCaller } from "../../src/platform/http-client.ts";
import { createNodeClock } from "../../src/platform/node-clock.ts";
import { shoppingCart } from "../../workloads/shopping-cart.ts";
import { analyze } from "../checker/analyze.ts";
import type { Cluster } from "../cluster/contract.ts";
import { openProxies } from "../drivers/open-proxies.ts";
import { startProcessCluster } from "../drivers/processes/process-cluster.ts";
import { createResultFolder } from "../run/result-folder.ts";
import { runPlan } from "../run/run.ts";
import type { Summary } from "../run/summary.ts";
import { analyzeCommand } from "./analyze.ts";
import { bench } from "./bench.ts";
import { UsageError } from "./exit-status.ts";
import { parsePlan } from "./parse-plan.ts";
import { report } from "./report.ts";

const NODE_PROGRAM = join(import.meta.dirname, "..", "..", "src", "main.ts");
const LIGHT = ["--engine", "memory", "--rate", "150", "--seconds", "8", "--seed", "1"];

let results: string;
let printed: string;

beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), "whole-job-test-"));
  printed = "";
});

afterEach(async () => {
  await rm(results, { recursive: true, force: true });
});

function context(signal = new AbortController().signal) {
  const write = (text: string) => {
    printed += text;
  };
  return { output: { write, isTerminal: false, columns: 100, colour: false }, signal };
}

async function summaryOf(folder: string): Promise<Summary> {
  return JSON.parse(await readFile(join(folder, "summary.json"), "utf8")) as Summary;
}

/** Without routes a node dials the advertised addresses. */
async function dialPastProxies(cluster: Cluster, node: string): Promise<void> {
  const answer = await fetch(`${cluster.addresses(node).direct}/admin/routes`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ routes: {} }),
  });
  expect(answer.ok).toBe(true);
}

describe("bench", () => {
  it("runs the main job to a verdict that analyze and report repeat from the stored files", async () => {
    const flags = [...LIGHT, "--nemesis", "halves,crash", "--out", results];
    expect(await bench.run(flags, context())).toBe(0);
    expect(printed.trimEnd().split("\n").at(-1)).toMatch(/shopping-cart\/\S+-1: valid$/);
    const latest = join(results, "latest");
    expect(await readdir(latest)).toEqual(
      expect.arrayContaining([
        "cluster.json",
        "faults.json",
        "history.jsonl",
        "nodes",
        "plan.json",
        "report.html",
        "summary.json",
      ]),
    );
    const summary = await summaryOf(latest);
    expect(summary).toMatchObject({ verdict: "valid", faults: { injected: 2, observed: 2 } });
    expect(summary.lostWrites.acknowledged).toBeGreaterThan(100);

    expect(await analyzeCommand.run([latest], context())).toBe(0);
    expect(await summaryOf(latest)).toEqual(summary);
    expect(await report.run(["--out", results], context())).toBe(0);
    expect(await readFile(join(results, "index.html"), "utf8")).toContain("valid");

    const history = join(latest, "history.jsonl");
    const { length } = await readFile(history);
    await truncate(history, length - 3);
    expect(await analyzeCommand.run([latest], context())).toBe(2);
    expect(printed).toContain("was cut short and left out");
    await appendFile(history, "\n{}\n");
    await expect(analyzeCommand.run([latest], context())).rejects.toThrow(UsageError);
    await writeFile(history, "no history\nat all\n");
    await expect(analyzeCommand.run([latest], context())).rejects.toThrow(
      /Cannot read line 1 of the history/,
    );
  });

  it("finds lost writes where versions are last write wins, without any fault", async () => {
    const flags = [...LIGHT, "--versioning", "lww", "--carts", "5", "--nemesis", "none"];
    expect(await bench.run([...flags, "--out", results], context())).toBe(1);
    expect((await summaryOf(join(results, "latest"))).lostWrites.examples.length).toBeGreaterThan(
      0,
    );
  });
});

describe("runPlan()", () => {
  it("gives a run that is unknown where a node dials its peers past the proxies", async () => {
    const plan = parsePlan([...LIGHT, "--nemesis", "halves"], 1);
    const clock = createNodeClock();
    const http = createHttpCaller();
    const folder = await createResultFolder(results, plan, clock.wallMs());
    const finished = await runPlan(
      {
        clock,
        http,
        workload: shoppingCart,
        folder,
        async startCluster(onFailure) {
          const run = "ringside-past";
          const cluster = await startProcessCluster({
            plan,
            run,
            logFolder: folder.logFolder,
            keep: false,
            nodeProgram: [process.execPath, NODE_PROGRAM],
            openProxies: (address) => openProxies({ url: undefined, address, run, onFailure }),
            onFailure,
          });
          await dialPastProxies(cluster, "n1");
          return cluster;
        },
      },
      plan,
      { signal: new AbortController().signal, onPhase: () => {}, onProgress: () => {} },
    );
    http.close();
    const { summary } = analyze({ plan, ...finished, faultFile: finished.faults });
    expect(summary.verdict).toBe("unknown");
    const told = summary.reasons.join("\n");
    expect(told).toMatch(/did not bite: n\d still answered n1|n1 still answered/);
    expect(told).toContain("carried nothing while all was healthy");
  });
});
