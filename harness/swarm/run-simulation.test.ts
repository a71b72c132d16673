/*
 * Aim: a run is determined by its plan, and what goes wrong in it reaches its outcome. Method: real runs, most of them small.
 */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readHistory } from "../history/read-history.ts";
import { concludeRun } from "./conclude-run.ts";
import { drawPlan } from "./draw-plan.ts";
import { FAULT_KINDS } from "./fault-kinds.ts";
import { runSimulation } from "./run-simulation.ts";
import { SimulatedWorld } from "./simulated-world.ts";
import { plainPlan } from "./testing/plain-plan.ts";

const SEEDS = [1, 2, 3, 4];
/** Enough to meet faults, and quick. */
const OPERATIONS = 150;

describe("runSimulation()", () => {
  test("gives the same bytes for the same seed, traced or not, and others for another", async () => {
    const hashes: string[] = [];
    for (const seed of SEEDS) {
      const plan = { ...drawPlan(seed), operations: OPERATIONS };
      const first = await runSimulation(plan);
      const second = await runSimulation(plan, { trace: true });
      expect(second.history).toBe(first.history);
      expect(second.outcome).toEqual(first.outcome);
      hashes.push(first.outcome.historySha256);
    }
    expect(new Set(hashes).size).toBe(SEEDS.length);
  });

  test("leaves a history that can be read back, hashed and judged", async () => {
    const plan = plainPlan({ core: ["n1", "n2"] });
    const { outcome, history, header, lines, logs, stateDump, trace } = await runSimulation(plan);
    expect(outcome).toMatchObject({ verdict: "valid", findings: [], lost: 0, plan });
    expect(outcome.historySha256).toBe(createHash("sha256").update(history).digest("hex"));
    expect(readHistory(history)).toEqual({ header, lines, truncated: undefined });
    expect(outcome.operations.attempted).toBeGreaterThan(100);
    expect(outcome.requests).toBeGreaterThan(outcome.operations.attempted);
    expect([...logs.keys()]).toEqual(["n1", "n2", "n3"]);
    expect(stateDump).toContain("n2 down");
    expect(trace).toBeUndefined();
  });

  test("counts the faults and tells of them in the history", async () => {
    const { outcome, lines } = await runSimulation(
      plainPlan({
        faults: [
          { kind: "crash", startMs: 100, endMs: 300, node: "n2", power: true },
          { kind: "clock-jump", startMs: 200, node: "n1", jumpMs: 60_000 },
          { kind: "crash", startMs: 400, endMs: 600, node: "n3", power: false },
        ],
      }),
    );
    expect(outcome.faults).toEqual({ crash: 2, "clock-jump": 1 });
    expect(outcome.findings).toEqual([]);
    const notes = lines.filter((line) => line.type === "fault");
    expect(notes).toHaveLength(5);
  });

  test("makes a finding of a run that is stopped, with where everything stood", async () => {
    const states: string[] = [];
    const { outcome } = await runSimulation(plainPlan({ operations: 1_000, run: { rate: 500 } }), {
      stop: () => states.length > 0,
      onState: ({ description, events }) => states.push(`${description} ${events}`),
    });
    expect(outcome.findings[0]).toMatchObject({
      check: "stuck",
      anomaly: "Cannot go on: the run was stopped",
    });
    expect(outcome.findings[0]?.detail).toMatch(/^at \d+\.\d{3} ms, \d+ events\nn1 running: /);
    expect(states[0]).toMatch(/^(starting|load and faults) \d+$/);
  });

  test("sees that data were destroyed beyond what the store promises, and expects no better", async () => {
    const faults = ["n1", "n2", "n3"].map(
      (node) => ({ kind: "wipe", startMs: 500, endMs: 550, node }) as const,
    );
    const { outcome } = await runSimulation(plainPlan({ faults }));
    expect(outcome.lost).toBeGreaterThan(0);
    expect(outcome.verdict).toBe("invalid");
    expect(outcome.plan.run.expects.verdict).not.toBe("valid");
    const checks = outcome.findings.map(({ check }) => check);
    expect(checks).not.toContain("lost-writes");
    const blamed = { ...plainPlan({ faults }) };
    const strict = await runSimulation({ ...blamed, run: { ...blamed.run, ...EXPECTS_VALID } });
    expect(strict.outcome.findings.map(({ check }) => check)).toContain("lost-writes");
  });

  test("survives faults of every kind at once", async () => {
    for (const seed of [101, 102, 103]) {
      const plan = { ...drawPlan(seed, { kinds: FAULT_KINDS }), operations: OPERATIONS };
      const { outcome } = await runSimulation(plan);
      const broken = outcome.findings.filter(({ check }) => check === "crash" || check === "stuck");
      expect(broken).toEqual([]);
    }
  });
});

const EXPECTS_VALID = { expects: { verdict: "valid", reason: "planted" } } as const;

describe("concludeRun()", () => {
  test("makes findings of crashes, broken assertions and logged errors", () => {
    const world = new SimulatedWorld(plainPlan());
    world.crashed("n1", new TypeError("planted crash"));
    world.assertions.always("planted point", false);
    world.cluster.machine("n2").log.error({ err: new Error("planted error") }, "Cannot cope");
    const { findings } = concludeRun(world).outcome;
    expect(findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ check: "crash", anomaly: "TypeError: planted crash" }),
        expect.objectContaining({ check: "assertion", anomaly: "planted point" }),
        expect.objectContaining({ check: "log", anomaly: "Cannot cope" }),
      ]),
    );
  });

  test("blames no node for errors that a failing disk explains", () => {
    const faults = [{ kind: "corrupt", startMs: 0, node: "n2" }] as const;
    const world = new SimulatedWorld(plainPlan({ faults }));
    world.cluster.machine("n2").log.error({ err: new Error("planted error") }, "Cannot cope");
    const checks = concludeRun(world).outcome.findings.map(({ check }) => check);
    expect(checks).not.toContain("log");
  });

  test("marks each finding of a trace with its time, 0 too, on the lane of its node", async () => {
    const world = new SimulatedWorld(plainPlan(), { trace: true });
    world.crashed("n2", new Error("planted"));
    const { scheduler } = world.cluster;
    const later = new Promise<void>((resolve) => scheduler.setTimer(5, resolve));
    await scheduler.run(later, { untilMs: 10 });
    const { trace } = concludeRun(world);
    expect(trace?.marks[0]).toMatchObject({ lane: "n2", kind: "violation", timeMs: 0 });
  });
});
