/*
 * The benchmark against stand-ins for nodes, real processes on loopback: it must measure what happens, fail itself on what
 * must not happen, and leave nothing behind.
 */
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { failuresOf } from "./http-figures.ts";
import type { HttpBenchOptions } from "./http-options.ts";
import { parseHttpBenchOptions } from "./http-options.ts";
import { runHttpBench } from "./run-http-bench.ts";

const FAULT = "STAND_IN_FAULT";

function optionsOf(flags: string): HttpBenchOptions {
  const options = parseHttpBenchOptions(flags.split(" "));
  if (options === undefined) throw new Error("Cannot run: these flags ask for help");
  return options;
}

function run(signal = new AbortController().signal) {
  const flags = "--nodes 1 --connections 4 --keys 40 --value-bytes 100 --warm-up 0 --seconds 1";
  return runHttpBench(optionsOf(flags), {
    nodeMain: join(import.meta.dirname, "testing/stand-in-node.ts"),
    profileFolder: "",
    progress: () => {},
    signal,
  });
}

afterEach(() => {
  delete process.env[FAULT];
});

describe("runHttpBench()", () => {
  test("measures as many reads as writes, all as expected, and each write under its read's context", async () => {
    const figures = await run();
    expect(failuresOf(figures, false)).toEqual([]);
    const { all, get, put } = figures.latencyMs;
    expect(all.count).toBe(get.count + put.count);
    expect(all.count).toBeGreaterThan(100);
    expect(Math.abs(get.count - put.count)).toBeLessThanOrEqual(4);
    expect(figures.requestsPerSecond).toBeLessThanOrEqual(all.count);
    expect(Object.keys(figures.statuses).sort()).toEqual(["GET 200", "PUT 204"]);
    expect(all.max).toBeGreaterThanOrEqual(all.p999);
    expect(figures.generatorCpuUs).toBeGreaterThan(0);
    expect(figures.nodesCpuUs).toBeNull();
  });

  test.each([
    ["status", "unexpected answer PUT 503"],
    ["siblings", "of reads returned several versions"],
    ["hang-up", "never answered"],
  ])("fails itself when nodes do wrong: %s", async (fault, reason) => {
    process.env[FAULT] = fault;
    // The preload is over before the first fault is due.
    const figures = await run();
    expect(failuresOf(figures, false).join("\n")).toContain(reason);
  });

  test("stops at once when it is interrupted", async () => {
    const interruption = new AbortController();
    const call = run(interruption.signal);
    interruption.abort(new Error("Interrupted by test"));
    await expect(call).rejects.toThrow("Interrupted by test");
  });
});
