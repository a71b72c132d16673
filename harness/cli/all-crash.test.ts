/*
 * Aim: a store that keeps what it acknowledged in memory alone loses it before the final reads of a run of crashes, and one that
 * stores it does not. Method: the main job in virtual time, with a plan that says lmdb and nodes that have something else.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { shoppingCart } from "../../workloads/shopping-cart.ts";
import { ALL_CRASH } from "../checker/all-crash.ts";
import { analyze } from "../checker/analyze.ts";
import type { Cluster } from "../cluster/contract.ts";
import { CALM_WORLD } from "../drivers/sim/calm-world.ts";
import { SimCluster } from "../drivers/sim/sim-cluster.ts";
import { bufferedFolder } from "../run/buffered-folder.ts";
import type { Plan } from "../run/plan.ts";
import { createResultFolder } from "../run/result-folder.ts";
import { runPlan } from "../run/run.ts";
import { parsePlan } from "./parse-plan.ts";

const LINE = "--cluster sim --nemesis crash --seconds 8 --rate 100 --clients 6 --carts 4 --seed 1";
const MINUTES_MAX = 30;

let results: string;

beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), "all-crash-test-"));
});
afterEach(() => rm(results, { recursive: true, force: true }));

/** The plan of these flags, judged on what nodes of another engine did. */
async function judged(
  flags: string,
  engine: Plan["engine"],
  change: (cluster: SimCluster) => void = () => {},
) {
  const plan = parsePlan(`${LINE} ${flags}`.trim().split(" "), 1);
  const cluster = new SimCluster({
    plan: { ...plan, engine },
    world: CALM_WORLD,
    seed: plan.seed,
    assertions: { always() {}, sometimes() {}, reachable() {} },
    onCrash: (node, error) => {
      throw new Error(`${node} died`, { cause: error });
    },
    keepsLogs: false,
  });
  change(cluster);
  const { scheduler, http } = cluster;
  const folder = bufferedFolder(await createResultFolder(results, plan, 0));
  const startCluster = async (): Promise<Cluster> => {
    await cluster.start();
    return cluster;
  };
  const parts = { clock: scheduler, http, workload: shoppingCart, folder, startCluster };
  const options = {
    signal: new AbortController().signal,
    onPhase: () => {},
    onProgress: () => {},
  };
  const finished = await scheduler.run(runPlan(parts, plan, options), {
    untilMs: MINUTES_MAX * 60_000,
  });
  const { summary } = analyze({ plan, ...finished, faultFile: finished.faults });
  const kinds = finished.faults.faults.map(({ kind }) => kind);
  return { summary, kinds, finished };
}

describe("a run of crashes", () => {
  test("ends with a crash of all nodes, which a store that stores outlives", async () => {
    const { summary, kinds, finished } = await judged("", "lmdb");
    expect(summary.reasons).toEqual([]);
    expect(summary.verdict).toBe("valid");
    expect(kinds).toEqual(["crash", ALL_CRASH]);
    expect(summary.faults).toEqual({ injected: 2, observed: 2 });
    const noted = finished.lines.filter((line) => line.type === "fault").map(({ fault }) => fault);
    expect(new Set(noted)).toEqual(new Set(["1-crash", "2-all-crash"]));
  });

  test("loses what a store that says lmdb kept in memory alone", async () => {
    const { summary, kinds } = await judged("", "memory");
    expect(kinds).toEqual(["crash", ALL_CRASH]);
    expect(summary.faults.observed).toBe(2);
    expect(summary.checkers["lost-writes"]?.verdict).toBe("invalid");
    expect(summary.lostWrites.count).toBeGreaterThan(100);
    expect(summary.verdict).toBe("invalid");
  });

  test.each(["--engine memory", "--write-buffer 100", "--beyond-budget"])(
    "has no crash of all nodes with %s",
    async (flags) => {
      const { summary, kinds } = await judged(flags, flags.includes("memory") ? "memory" : "lmdb");
      expect(kinds).toEqual(["crash"]);
      expect(summary.verdict, summary.reasons.join("\n")).toBe("valid");
    },
  );

  test("is unknown, never valid, where a node does not come back", async () => {
    const { summary } = await judged("", "lmdb", (cluster) => {
      const { processes } = cluster;
      if (processes === undefined) throw new Error("No power over processes");
      const { restart } = processes;
      let starts = 0;
      Object.assign(processes, {
        restart: (node: string) =>
          ++starts === 3 ? Promise.reject(new Error(`Node ${node} is broken`)) : restart(node),
      });
    });
    expect(summary.verdict).toBe("unknown");
    const told = summary.reasons.join("\n");
    expect(told).toContain("Fault 2-all-crash did not bite: ");
    expect(told).toContain("Hints were not delivered by the end (not quiet after 60.00 s: n");
  });

  test("is unknown where the record of that crash is gone", async () => {
    const { finished } = await judged("", "lmdb");
    const plan = parsePlan(LINE.split(" "), 1);
    const { faults } = finished.faults;
    const kept = faults.filter(({ kind }) => kind !== ALL_CRASH);
    const faultFile = { ...finished.faults, faults: kept };
    const { summary } = analyze({ plan, ...finished, faultFile });
    expect(summary.verdict).toBe("unknown");
    expect(summary.reasons.join("\n")).toContain("All nodes never crashed at once");
  });
});
