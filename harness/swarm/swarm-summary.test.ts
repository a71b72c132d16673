import { describe, expect, test } from "vitest";
import { drawPlan } from "./draw-plan.ts";
import type { PooledRun } from "./pool-worker.ts";
import { renderSwarm } from "./render-swarm.ts";
import type { SimOutcome } from "./sim-outcome.ts";
import { SwarmTally } from "./swarm-summary.ts";
import { runSimulation } from "./testing/stand-in-run.ts";

const POINTS = [
  { name: "a point", required: true },
  { name: "a rare point", required: false },
  { name: "a required point", required: true },
];
const OF = { seedFirst: 1, finished: true, jobs: 2, realMs: 1_000, points: POINTS };

async function runOf(seed: number, change: Partial<SimOutcome> = {}): Promise<PooledRun> {
  const { outcome } = await runSimulation({ ...drawPlan(seed), faults: [] });
  return { outcome: { ...outcome, ...change }, run: undefined, realMs: seed };
}

const FINDING = { check: "planted", anomaly: "it broke", detail: "n1 did \u001b[31mit", timeMs: 3 };

describe("SwarmTally", () => {
  test("adds up what seeds came to", async () => {
    const tally = new SwarmTally();
    for (const seed of [3, 1, 2])
      tally.add(await runOf(seed, { faults: { pause: seed }, forgottenRepeats: 2 }));
    const summary = tally.summary(OF);
    expect(summary).toMatchObject({
      passed: true,
      seedsRun: 3,
      requests: 60,
      requestsPerSecond: 60,
      operations: { attempted: 30, ok: 24, fail: 3, info: 3 },
      faults: { pause: 6 },
      forgottenRepeats: 6,
      reached: { "a point": 3 },
      unreached: ["a rare point", "a required point"],
      requiredUnreached: ["a required point"],
      findings: [],
    });
    const { valid, "may-lose": mayLose } = summary.verdicts;
    expect(valid.valid + mayLose.valid).toBe(3);
    expect(renderSwarm(summary)).toContain("6 answers showed a write again");
    expect(summary.slowest.map(({ seed }) => seed)).toEqual([3, 2, 1]);
  });

  test("fails with a finding, which it names with the command that replays it, in the order of seeds", async () => {
    const tally = new SwarmTally();
    for (const seed of [9, 4]) tally.add(await runOf(seed, { findings: [FINDING] }));
    const { passed, findings, seedsFailed } = tally.summary(OF);
    expect({ passed, seedsFailed }).toEqual({ passed: false, seedsFailed: 2 });
    expect(findings.map(({ seed, command }) => [seed, command])).toEqual([
      [4, "npm run sim -- --seed 4"],
      [9, "npm run sim -- --seed 9"],
    ]);
  });

  test("fails over a required point only where the standard seeds were all run", async () => {
    const one = await runOf(1);
    const tally = new SwarmTally();
    for (let seed = 1; seed <= 199; seed += 1) tally.add(one);
    expect(tally.summary(OF).passed).toBe(true);
    tally.add(one);
    expect(tally.summary(OF).passed).toBe(false);
    expect(tally.summary({ ...OF, seedFirst: 2 }).passed).toBe(true);
    expect(tally.summary({ ...OF, finished: false }).passed).toBe(true);
    expect(tally.summary({ ...OF, points: POINTS.slice(0, 2) }).passed).toBe(true);
  });

  test("stays small however many seeds fail", async () => {
    const bad = await runOf(1, { findings: Array.from({ length: 50 }, () => FINDING) });
    const tally = new SwarmTally();
    for (let seed = 1; seed <= 5_000; seed += 1) tally.add(bad);
    const summary = tally.summary(OF);
    expect(summary.seedsFailed).toBe(5_000);
    expect(summary.findings.length).toBe(500);
    expect(summary.slowest.length).toBe(10);
  });
});

describe("renderSwarm()", () => {
  test("shows the matrix of verdicts, the points not reached, the findings and how to replay them", async () => {
    const tally = new SwarmTally();
    tally.add(await runOf(1, { verdict: "invalid", findings: [FINDING] }));
    const text = renderSwarm(tally.summary(OF));
    expect(text).toMatch(/^expected +valid +invalid +unknown$/m);
    expect(text).toMatch(/^(valid|may-lose) +0 +1 +0$/m);
    expect(text).toContain("  - a required point (required)");
    expect(text).toContain("seed 1: planted: it broke");
    expect(text).toContain("npm run sim -- --seed 1");
    expect(text.trimEnd().split("\n").at(-1)).toBe("1 of 1 seeds FAILED");
    expect(text).not.toContain("\u001b");
  });

  test("ends with what all came to where nothing was found", async () => {
    const tally = new SwarmTally();
    tally.add(await runOf(1));
    const last = (points: typeof POINTS, finished = true) =>
      renderSwarm(tally.summary({ ...OF, points, finished }))
        .trimEnd()
        .split("\n")
        .at(-1);
    expect(last([])).toBe("1 seeds without a finding");
    expect(last([], false)).toBe("1 seeds without a finding, ended early");
  });
});
