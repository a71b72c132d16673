/*
 * Aim: the command as its user meets it: exit status, what it prints, what it leaves. Method: real threads over a stand-in
 * for the simulation, in which a crash and a pause of n1 make a finding.
 */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { drawPlan } from "../swarm/draw-plan.ts";
import { withFaults } from "../swarm/plan-expectation.ts";
import { readPlanFile, writePlanFile } from "../swarm/plan-file.ts";
import { planOfSeed } from "../swarm/plan-of-seed.ts";
import { Pool } from "../swarm/pool.ts";
import type { SimPlan } from "../swarm/sim-plan.ts";
import type { SwarmSummary } from "../swarm/swarm-summary.ts";
import {
  HANG_STILL,
  HANG_WAITING,
  runSimulation,
  UNSTEADY,
} from "../swarm/testing/stand-in-run.ts";
import { EXIT_INTERRUPTED, UsageError } from "./exit-status.ts";
import { simCommand } from "./sim.ts";
import { compareReplays } from "./sim-checks.ts";

const RUN_MODULE = new URL("../swarm/testing/stand-in-run.ts", import.meta.url).href;
const POINTS = [
  { name: "a point", required: true },
  { name: "a place nobody reaches", required: true },
];

let results: string;
let printed: string;
beforeEach(async () => {
  results = await mkdtemp(join(tmpdir(), "sim-test-"));
  printed = "";
});
afterEach(() => rm(results, { recursive: true, force: true }));

function run(line: string, signal = new AbortController().signal): Promise<number> {
  const write = (text: string) => {
    printed += text;
  };
  const words = [...line.split(" ").filter((word) => word !== ""), "--out", results];
  const parts = { runModule: RUN_MODULE, points: POINTS, corpus: join(results, "corpus") };
  return simCommand(parts).run(words, {
    output: { write, isTerminal: false, columns: 100, colour: false },
    signal,
  });
}

async function summary(path = join(results, "sim", "swarm.json")): Promise<SwarmSummary> {
  return JSON.parse(await readFile(path, "utf8"));
}

/** What the stand-in finds something in. */
function isFailing({ faults }: SimPlan): boolean {
  const has = (kind: string) =>
    faults.some((fault) => fault.kind === kind && "node" in fault && fault.node === "n1");
  return has("crash") && has("pause");
}

function seedsThat(fail: boolean, from = 1): number {
  let seed = from;
  while (isFailing(planOfSeed(seed)) !== fail) seed += 1;
  return seed;
}

describe("sim", () => {
  test("runs a swarm, finds every planted finding and shrinks it to a plan that shows it", async () => {
    const expected = Array.from({ length: 60 }, (_, index) => index + 1).filter((seed) =>
      isFailing(planOfSeed(seed)),
    );
    const json = join(results, "copy.json");
    expect(await run(`--seeds 60 --jobs 2 --json ${json}`)).toBe(1);
    const stored = await summary();
    expect(expected.length).toBeGreaterThan(0);
    expect(stored).toMatchObject({ passed: false, finished: true, seedsRun: 60, jobs: 2 });
    expect(stored.findings.map(({ seed }) => seed)).toEqual(expected);
    expect(await summary(json)).toEqual(stored);
    const [first] = stored.findings;
    const file = first?.shrunkCommand?.replace("npm run sim -- --plan ", "") ?? "";
    const shrunk = await readPlanFile(file);
    expect(shrunk.faults.map(({ kind }) => kind).sort()).toEqual(["crash", "pause"]);
    expect(printed).toContain(`npm run sim -- --seed ${expected[0]}`);
    expect(await run(`--plan ${file}`)).toBe(1);
  });

  test("ends with status 0 where nothing is found, and says which points were not reached", async () => {
    const seed = seedsThat(false);
    expect(await run(`--seeds 1 --first ${seed} --jobs 1`)).toBe(0);
    expect(await summary()).toMatchObject({ passed: true, seedsRun: 1, findings: [] });
    expect(printed).toContain("  - a place nobody reaches (required)");
    expect(printed.trimEnd().split("\n").at(-1)).toBe("1 seeds without a finding");
  });

  test("ends a swarm at its first finding where it is told to", async () => {
    const seed = seedsThat(true);
    expect(await run("--seeds 1000 --jobs 1 --stop-at-first --no-shrink")).toBe(1);
    const stored = await summary();
    expect(stored).toMatchObject({ seedsRun: seed, finished: false });
    expect(stored.findings[0]?.shrunkCommand).toBeUndefined();
  });

  test("replays one seed and keeps its plan, history, summary and state", async () => {
    const seed = seedsThat(true);
    expect(await run(`--seed ${seed}`)).toBe(1);
    const folder = join(results, "latest");
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(["history.jsonl", "plan.json", "sim-plan.json", "state.txt"]),
    );
    const path = join(folder, "sim-plan.json");
    expect(await readPlanFile(path)).toEqual(planOfSeed(seed));
    expect(printed).toContain("planted: a crash and a pause at 5 ms");
    expect(printed).toMatch(/history sha256 [0-9a-f]{64}\n/);
    const before = printed;
    printed = "";
    expect(await run(`--plan ${path}`)).toBe(1);
    const hash = (text: string) => /sha256 \S+/.exec(text)?.[0];
    expect(hash(printed)).toBe(hash(before));
  });

  test("makes a finding of a replay that hangs", async () => {
    const plan = planOfSeed(1);
    const path = join(results, "hang.json");
    await writePlanFile(path, { ...plan, run: { ...plan.run, carts: HANG_STILL } });
    expect(await run(`--plan ${path} --seed-timeout 1`)).toBe(1);
    expect(printed).toContain("hang: a run that stands still");
  });

  test("compares two replays of each seed", async () => {
    expect(await run("--hashes 5")).toBe(0);
    expect(printed.trimEnd().split("\n").at(-1)).toBe(
      "5 of 5 seeds replay to the same history, all different",
    );
  });

  test("replays the corpus, and fails where something is found again", async () => {
    const corpus = join(results, "corpus");
    await mkdir(corpus);
    const entry = { format: "ringside-seed", version: 1, found: "x", realMs: 1 };
    await writeFile(join(corpus, "a.json"), JSON.stringify({ ...entry, seed: seedsThat(false) }));
    expect(await run("--corpus")).toBe(0);
    expect(printed).toContain("1 of 1 seeds of the corpus find nothing");
    await writeFile(join(corpus, "b.json"), JSON.stringify({ ...entry, seed: seedsThat(true) }));
    const json = join(results, "corpus.json");
    expect(await run(`--corpus --json ${json}`)).toBe(1);
    const report: { plansRun: number; found: { plan: string }[] } = JSON.parse(
      await readFile(json, "utf8"),
    );
    expect(report.plansRun).toBe(2);
    expect(new Set(report.found.map(({ plan }) => plan))).toEqual(new Set(["b.json"]));
    expect(printed).toContain("FOUND AGAIN: planted");
  });

  test("refuses a plan that it cannot read", async () => {
    const path = join(results, "bad.json");
    await writeFile(path, "{}");
    await expect(run(`--plan ${path}`)).rejects.toThrow(UsageError);
    await expect(run(`--plan ${path}`)).rejects.toThrow(
      /^Cannot read the plan .*bad\.json: format is missing/,
    );
  });

  test("refuses a folder of results that cannot be made, before it runs anything", async () => {
    await writeFile(join(results, "sim"), "a file");
    await expect(run("--seeds 1000 --jobs 1")).rejects.toThrow(/^Cannot make the folder .*sim: /);
    expect(printed).toBe("");
  });

  test("prints what a run came to where its files cannot be written", async () => {
    const json = join(results, "gone", "copy.json");
    const seed = seedsThat(true);
    const running = run(`--seeds 1 --first ${seed} --no-shrink --json ${json}`);
    await expect(running).rejects.toThrow(/^Cannot write .*copy\.json: /);
    expect(printed).toContain(`npm run sim -- --seed ${seed}`);
  });

  test("breaks, and judges nothing, where the simulation cannot be loaded", async () => {
    const gone = { runModule: "file:///gone.ts", points: [], corpus: results };
    const output = { write: () => {}, isTerminal: false, columns: 80, colour: false };
    const running = simCommand(gone).run(["--seeds", "1", "--out", results], {
      output,
      signal: new AbortController().signal,
    });
    await expect(running).rejects.toThrow(/^Cannot start a worker/);
  });

  test("keeps what it has when it is interrupted", async () => {
    const plan = planOfSeed(1);
    const path = join(results, "wait.json");
    await writePlanFile(path, { ...plan, run: { ...plan.run, carts: HANG_WAITING } });
    const controller = new AbortController();
    const running = run(`--plan ${path}`, controller.signal);
    setTimeout(() => controller.abort(), 300);
    expect(await running).toBe(EXIT_INTERRUPTED);
    const again = new AbortController();
    const swarm = run("--for 1h --jobs 1 --no-shrink", again.signal);
    setTimeout(() => again.abort(), 700);
    expect(await swarm).toBe(EXIT_INTERRUPTED);
    const stored = await summary();
    expect(stored.finished).toBe(false);
    expect(stored.seedsRun).toBeGreaterThan(0);
  });
});

describe("compareReplays()", () => {
  const compared = async (
    count: number,
    parts: { readonly draw?: (seed: number) => SimPlan } = {},
  ): Promise<boolean> => {
    const pool = new Pool({ runModule: RUN_MODULE, jobs: 1, timeoutMs: 10_000 });
    const output = {
      write: (text: string) => {
        printed += text;
      },
      isTerminal: false,
      columns: 80,
      colour: false,
    };
    try {
      return await compareReplays(count, { pool, output, ...parts });
    } finally {
      await pool.close();
    }
  };

  test("sees a run that differs from its replay", async () => {
    const draw = (seed: number) => {
      const plan = withFaults(planOfSeed(seed), []);
      return seed === 2 ? { ...plan, run: { ...plan.run, carts: UNSTEADY } } : plan;
    };
    expect(await compared(3, { draw })).toBe(false);
    expect(printed).toMatch(/^2 \S+ \S+ DIFFER$/m);
    expect(printed).toContain("2 of 3 seeds replay to the same history, all different");
  });

  test("runs what a swarm runs of each seed, stories too", async () => {
    expect(await compared(5)).toBe(true);
    expect(planOfSeed(5)).not.toEqual(drawPlan(5));
    for (let seed = 1; seed <= 5; seed += 1) {
      const { outcome } = await runSimulation(planOfSeed(seed));
      expect(printed).toContain(`${seed} ${outcome.historySha256}\n`);
    }
  });
});
