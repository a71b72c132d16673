/*
 * Aim: no run is ever lost and none stops the others, whatever it does. Method: real threads with a stand-in for the
 * simulation that loops, waits, throws, dies and eats memory on demand.
 */

import { afterEach, describe, expect, test } from "vitest";
import { drawPlan } from "./draw-plan.ts";
import { Pool } from "./pool.ts";
import { PoolError } from "./pool-worker.ts";
import type { SimPlan } from "./sim-plan.ts";
import * as standIn from "./testing/stand-in-run.ts";

const RUN_MODULE = new URL("./testing/stand-in-run.ts", import.meta.url).href;
const pools: Pool[] = [];

function openPool(jobs: number, timeoutMs = 20_000, heapMegabytesMax = 256): Pool {
  const pool = new Pool({ runModule: RUN_MODULE, jobs, timeoutMs, heapMegabytesMax });
  pools.push(pool);
  return pool;
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function planThat(carts: number, seed = 1): SimPlan {
  const plan = drawPlan(seed);
  return { ...plan, faults: [], run: { ...plan.run, carts } };
}

const HARMLESS = planThat(1);

describe("Pool", () => {
  test("runs plans over its threads and gives every one its own outcome", async () => {
    const pool = openPool(2);
    const plans = Array.from({ length: 12 }, (_, seed) => planThat(1, seed));
    const runs = await Promise.all(plans.map((plan) => pool.run(plan)));
    expect(runs.map(({ outcome }) => outcome.plan.seed)).toEqual(plans.map(({ seed }) => seed));
    expect(
      runs.every(({ outcome, run }) => outcome.findings.length === 0 && run === undefined),
    ).toBe(true);
  });

  test("brings the whole run back where it is asked for", async () => {
    const { run, outcome } = await openPool(1).run(HARMLESS, { whole: true });
    expect(run?.history).toContain('"seed":1');
    expect(run?.outcome).toEqual(outcome);
  });

  test.each([
    ["loops without a sign", standIn.HANG_STILL, "a run that stands still"],
    ["loops on and on", standIn.HANG_MOVING, "a run that goes on and does not end"],
    ["waits for ever", standIn.HANG_WAITING, "a run that stands still"],
  ])(
    "ends a run that %s at its deadline, says where it was, and goes on",
    async (_what, carts, anomaly) => {
      const pool = openPool(1, 400);
      const { outcome } = await pool.run(planThat(carts));
      expect(outcome.findings).toMatchObject([{ check: "hang", anomaly, timeMs: 12 }]);
      expect(outcome.findings[0]?.detail).toContain("after 34 events (about to start)");
      expect((await pool.run(HARMLESS)).outcome.findings).toEqual([]);
    },
  );

  test.each([
    ["throws", standIn.THROW, "RangeError: Cannot go on: # is odd"],
    ["throws where nobody catches", standIn.UNCAUGHT, "TypeError: nobody catches this of n#"],
    ["ends its thread", standIn.EXIT, "Error: the thread ended with status #"],
    ["eats all memory", standIn.OUT_OF_MEMORY, /memory limit/],
  ])("makes a finding of a run that %s, and goes on", async (_what, carts, anomaly) => {
    const pool = openPool(1, 20_000, 48);
    const { outcome } = await pool.run(planThat(carts));
    expect(outcome.verdict).toBe("unknown");
    expect(outcome.findings).toMatchObject([
      { check: "crash", anomaly: expect.stringMatching(anomaly) },
    ]);
    expect((await pool.run(HARMLESS)).outcome.findings).toEqual([]);
  });

  test("lets no bad run disturb the good ones beside it", async () => {
    const pool = openPool(2, 2_000);
    const commands = [1, standIn.UNCAUGHT, 1, standIn.HANG_STILL, 1, standIn.THROW, 1, 1];
    const runs = await Promise.all(commands.map((carts, seed) => pool.run(planThat(carts, seed))));
    expect(runs.map(({ outcome }) => outcome.findings[0]?.check)).toEqual([
      undefined,
      "crash",
      undefined,
      "hang",
      undefined,
      "crash",
      undefined,
      undefined,
    ]);
  });

  test("rejects what is under way and what comes when it is closed", async () => {
    const pool = openPool(1);
    const underWay = pool.run(planThat(standIn.HANG_WAITING));
    const waiting = pool.run(HARMLESS);
    const outcomes = Promise.allSettled([underWay, waiting]);
    await pool.close();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(PoolError) });
    }
    await expect(pool.run(HARMLESS)).rejects.toThrow("Cannot run: the pool is closed");
  });

  test("rejects where the run module cannot be loaded: that is no finding about the store", async () => {
    const pool = new Pool({
      runModule: new URL("./gone.ts", import.meta.url).href,
      jobs: 1,
      timeoutMs: 1_000,
    });
    pools.push(pool);
    await expect(pool.run(HARMLESS)).rejects.toThrow(/^Cannot start a worker: .*gone\.ts/);
  });
});
