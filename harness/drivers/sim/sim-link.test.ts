import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import { Scheduler } from "./scheduler.ts";
import type { Impairment } from "./sim-link.ts";
import { SimLink } from "./sim-link.ts";

function world(delay = { minMs: 1, meanMs: 10 }) {
  const scheduler = new Scheduler();
  const link = new SimLink({ scheduler, random: new SeededRandom(1), delay });
  const arrivals: [what: string, atMs: number][] = [];
  const arrive = (what: string) => () => arrivals.push([what, scheduler.monotonicMs()]);
  const pass = (ms: number) =>
    scheduler.run(new Promise<void>((resolve) => scheduler.setTimer(ms, resolve)), {
      untilMs: Number.POSITIVE_INFINITY,
    });
  return { scheduler, link, arrivals, arrive, pass };
}

describe("SimLink", () => {
  test("keeps the order within a lane and not between lanes", async () => {
    const { link, arrivals, arrive, pass } = world();
    const lane = { lastDueMs: 0 };
    for (let index = 0; index < 50; index++) link.carry(1, lane, arrive(`lane ${index}`));
    for (let index = 0; index < 50; index++) link.carry(1, { lastDueMs: 0 }, arrive(`${index}`));
    await pass(1_000);
    const inLane = arrivals.map(([what]) => what).filter((what) => what.startsWith("lane"));
    expect(inLane).toEqual(Array.from({ length: 50 }, (_, index) => `lane ${index}`));
    const free = arrivals.map(([what]) => what).filter((what) => !what.startsWith("lane"));
    expect(free).toHaveLength(50);
    expect(free).not.toEqual(free.toSorted((left, right) => Number(left) - Number(right)));
  });

  test("a black hole swallows for good and counts; what was on the way still arrives", async () => {
    const { link, arrivals, arrive, pass } = world();
    const hole: Impairment = { kind: "black-hole" };
    expect(link.carry(3, { lastDueMs: 0 }, arrive("before"))).toBe(true);
    link.add(hole);
    expect(link.carry(4, { lastDueMs: 0 }, arrive("during"))).toBe(false);
    link.remove(hole);
    await pass(1_000);
    expect(arrivals.map(([what]) => what)).toEqual(["before"]);
    expect(link.carriedBytes).toBe(7);
    expect(link.swallowedCount).toBe(1);
  });

  test("a clog holds everything until the last one ends, and keeps the order", async () => {
    const { link, arrivals, arrive, pass } = world();
    const clogs: Impairment[] = [{ kind: "clog" }, { kind: "clog" }];
    for (const clog of clogs) link.add(clog);
    const lane = { lastDueMs: 0 };
    link.carry(1, lane, arrive("first"));
    link.carry(1, lane, arrive("second"));
    await pass(500);
    link.remove(clogs[0] as Impairment);
    await pass(500);
    expect(arrivals).toEqual([]);
    link.remove(clogs[1] as Impairment);
    await pass(500);
    expect(arrivals.map(([what]) => what)).toEqual(["first", "second"]);
    expect(arrivals[0]?.[1]).toBeGreaterThanOrEqual(1_001);
  });

  test("latency is added, and bandwidth spreads what is sent at once", async () => {
    const { link, arrivals, arrive, pass } = world({ minMs: 1, meanMs: 1 });
    link.add({ kind: "latency", latencyMs: 100, jitterMs: 0 });
    link.carry(1, { lastDueMs: 0 }, arrive("slow"));
    await pass(200);
    expect(arrivals).toEqual([["slow", 101]]);
    link.add({ kind: "bandwidth", bytesPerSecond: 1_000 });
    link.carry(500, { lastDueMs: 0 }, arrive("half a second"));
    link.carry(500, { lastDueMs: 0 }, arrive("a second"));
    await pass(2_000);
    expect(arrivals.slice(1)).toEqual([
      ["half a second", 200 + 101 + 500],
      ["a second", 200 + 101 + 1_000],
    ]);
  });

  test("delays begin at the minimum and come to the mean", async () => {
    const { link, arrivals, arrive, pass } = world({ minMs: 2, meanMs: 12 });
    for (let index = 0; index < 5_000; index++) link.carry(1, { lastDueMs: 0 }, arrive(`${index}`));
    await pass(10_000);
    const delays = arrivals.map(([, atMs]) => atMs);
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2);
    expect(mean).toBeGreaterThan(11);
    expect(mean).toBeLessThan(13);
  });
});
