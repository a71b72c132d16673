import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { destroysData } from "../checker/expects.ts";
import { NEMESIS_KINDS } from "../run/plan.ts";
import { withinBudget } from "./fault-budget.ts";
import type { SchedulePlan } from "./schedule.ts";
import { buildSchedule, nodesMin, secondsMin } from "./schedule.ts";

const NODES = ["n1", "n2", "n3", "n4", "n5"];
const DEFAULTS: SchedulePlan = {
  nemesis: ["halves", "one", "ring", "bridge", "one-way"],
  seconds: 30,
  w: 2,
  engine: "lmdb",
  datacenters: { count: 3 },
  clientsRoam: false,
  beyondBudget: false,
};

const drawnPlan = fc
  .record({
    nemesis: fc.uniqueArray(fc.constantFrom(...NEMESIS_KINDS), { minLength: 1 }),
    seconds: fc.integer({ min: 4, max: 300 }),
    w: fc.integer({ min: 2, max: 3 }),
    engine: fc.constantFrom("lmdb", "memory"),
    datacenters: fc.constant({ count: 3 }),
    clientsRoam: fc.boolean(),
    beyondBudget: fc.constant(false),
  })
  .filter((plan) => plan.seconds >= secondsMin(plan.nemesis));

describe("buildSchedule()", () => {
  it("lets every kind appear, one fault after another, healed before the end and within the budget", () => {
    fc.assert(
      fc.property(drawnPlan, fc.nat(), (plan: SchedulePlan, seed) => {
        const { healthyMs, faults, endMs } = buildSchedule(plan, NODES, new SeededRandom(seed));
        let freeMs = healthyMs;
        for (const { startMs, healMs } of faults) {
          expect(startMs).toBeGreaterThanOrEqual(Math.floor(freeMs));
          expect(healMs - startMs).toBeGreaterThanOrEqual(800);
          expect(healMs - startMs).toBeLessThanOrEqual(5_000);
          freeMs = healMs + 300;
        }
        expect(freeMs).toBeLessThan(endMs);
        const requested = plan.nemesis.filter((kind) => kind !== "none");
        expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(requested));
        const destroyed = faults.flatMap(({ kind, action }) =>
          "node" in action && destroysData(kind, plan)
            ? [{ node: action.node, what: "destroyed" as const }]
            : [],
        );
        expect(withinBudget(destroyed, plan.w)).toBe(true);
        expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
      }),
    );
  });

  it("gives the same timeline for the same seed and another one for another seed", () => {
    const first = buildSchedule(DEFAULTS, NODES, new SeededRandom(7));
    expect(buildSchedule(DEFAULTS, NODES, new SeededRandom(7))).toEqual(first);
    expect(buildSchedule(DEFAULTS, NODES, new SeededRandom(8))).not.toEqual(first);
  });

  it("makes the faults of a run of 30 s 2.5 to 5 s long, after a healthy phase", () => {
    const { healthyMs, faults } = buildSchedule(DEFAULTS, NODES, new SeededRandom(1));
    expect(healthyMs).toBeGreaterThanOrEqual(2_000);
    expect(faults.length).toBe(5);
    for (const { startMs, healMs } of faults) {
      expect(healMs - startMs).toBeGreaterThanOrEqual(2_500);
    }
  });

  it("alternates black hole and closed connection, and never closes a one-way cut", () => {
    const plan: SchedulePlan = { ...DEFAULTS, seconds: 120 };
    const { faults } = buildSchedule(plan, NODES, new SeededRandom(5));
    const methods = faults.flatMap(({ kind, action }) =>
      action.type === "cut" && kind !== "one-way" ? [action.method] : [],
    );
    expect(methods.every((method, index) => index === 0 || method !== methods[index - 1])).toBe(
      true,
    );
    const oneWay = faults.filter(({ kind }) => kind === "one-way");
    expect(oneWay.length).toBeGreaterThan(0);
    for (const { action } of oneWay) expect(action).toMatchObject({ method: "black-hole" });
  });

  it("leaves roaming clients alone", () => {
    const { faults } = buildSchedule(
      { ...DEFAULTS, clientsRoam: true },
      NODES,
      new SeededRandom(2),
    );
    const ends = faults.flatMap(({ action }) =>
      action.type === "cut" ? action.links.flatMap(({ from, to }) => [from, to]) : [],
    );
    expect(ends.every((end) => NODES.includes(end))).toBe(true);
  });

  it.each([
    ["crash", "memory"],
    ["restart", "memory"],
    ["wipe", "lmdb"],
  ] as const)("refuses %s beyond the budget unless it is asked for", (wanted, engine) => {
    const plan: SchedulePlan = { ...DEFAULTS, nemesis: [wanted], engine, w: 1 };
    expect(() => buildSchedule(plan, NODES, new SeededRandom(1))).toThrow(/--beyond-budget/);
    const beyond = buildSchedule({ ...plan, beyondBudget: true }, NODES, new SeededRandom(1));
    expect(beyond.faults.every(({ kind }) => kind === wanted)).toBe(true);
  });

  it("draws limits that a loaded node meets and clock offsets that a question can tell", () => {
    const plan: SchedulePlan = { ...DEFAULTS, nemesis: ["cpu", "clock"], seconds: 300 };
    const { faults } = buildSchedule(plan, NODES, new SeededRandom(9));
    const cpus = faults.flatMap(({ action }) => (action.type === "cpu" ? [action.cpus] : []));
    const offsets = faults.flatMap(({ action }) =>
      action.type === "clock" ? [action.offsetMs] : [],
    );
    expect(cpus.every((each) => each >= 0.05 && each <= 0.15)).toBe(true);
    expect(offsets.every((each) => Math.abs(each) >= 5_000 && Math.abs(each) <= 3_600_000)).toBe(
      true,
    );
    expect(new Set(offsets.map(Math.sign))).toEqual(new Set([-1, 1]));
  });

  it("refuses a run too short for its kinds", () => {
    expect(() => buildSchedule({ ...DEFAULTS, seconds: 5 }, NODES, new SeededRandom(1))).toThrow(
      /it takes at least 10 s/,
    );
  });

  it("has nothing to do for none", () => {
    expect(
      buildSchedule({ ...DEFAULTS, nemesis: ["none"] }, NODES, new SeededRandom(1)).faults,
    ).toEqual([]);
  });
});

describe("nodesMin()", () => {
  it("knows what each kind needs", () => {
    expect(NEMESIS_KINDS.map(nodesMin)).toEqual([
      2, 2, 4, 3, 2, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1,
    ]);
  });
});
