import { describe, expect, test } from "vitest";
import type { HttpBenchFigures } from "./http-figures.ts";
import { failuresOf, multiVersionShare, printedFigures } from "./http-figures.ts";
import { parseHttpBenchOptions } from "./http-options.ts";
import { UsageError } from "./usage-error.ts";

const LATENCY = { count: 20_000, mean: 1, p50: 1, p99: 5, p999: 49.9, max: 80 };

function figures(changes: Partial<HttpBenchFigures> = {}): HttpBenchFigures {
  return {
    measuredSeconds: 4,
    requestsPerSecond: 10_000,
    latencyMs: { all: { ...LATENCY, count: 40_000 }, get: LATENCY, put: LATENCY },
    statuses: { "GET 200": 19_800, "GET 300": 200, "PUT 204": 20_000 },
    errors: {},
    unanswered: 0,
    generatorCpuUs: 80,
    nodesCpuUs: 120,
    ...changes,
  };
}

describe("failuresOf()", () => {
  test("finds nothing in a run that just meets every limit", () => {
    expect(failuresOf(figures(), true)).toEqual([]);
  });

  test.each([
    ["unexpected answer PUT 503", { statuses: { "GET 200": 9, "PUT 503": 1 } }],
    ["unexpected answer GET 404", { statuses: { "GET 200": 9, "GET 404": 1 } }],
    ["unexpected answer PUT 200", { statuses: { "GET 200": 9, "PUT 200": 1 } }],
    ["connection error", { errors: { "read ECONNRESET": 1 } }],
    ["never answered", { unanswered: 1 }],
    ["several versions", { statuses: { "GET 200": 98, "GET 300": 2, "PUT 204": 9 } }],
    ["not both", { latencyMs: { all: LATENCY, get: LATENCY, put: { ...LATENCY, count: 0 } } }],
  ])("names %s, with or without targets", (reason, changes) => {
    for (const targets of [true, false]) {
      expect(failuresOf(figures(changes), targets)).toEqual([expect.stringContaining(reason)]);
    }
  });

  test("names missed targets only where they hold", () => {
    const slow = figures({
      requestsPerSecond: 9_999,
      latencyMs: { all: { ...LATENCY, p999: 50 }, get: LATENCY, put: LATENCY },
    });
    expect(failuresOf(slow, true)).toEqual([
      "9,999 requests/s, the target is 10,000",
      "p99.9 is 50.0 ms, the target is below 50 ms",
    ]);
    expect(failuresOf(slow, false)).toEqual([]);
  });

  test("takes a p99.9 that is no number for missed", () => {
    const all = { ...LATENCY, p999: Number.NaN };
    const broken = figures({ latencyMs: { all, get: LATENCY, put: LATENCY } });
    expect(failuresOf(broken, true)).toHaveLength(1);
  });
});

test("multiVersionShare() counts reads that were answered, and is 0 without any", () => {
  expect(multiVersionShare(figures())).toBe(0.01);
  expect(multiVersionShare({ statuses: { "PUT 204": 5 } })).toBe(0);
});

test("printedFigures() marks percentiles of few samples", () => {
  const options = parseHttpBenchOptions([]);
  if (options === undefined) throw new Error("Cannot test: no options");
  expect(printedFigures(figures(), options)).not.toContain("few samples");
  const all = { ...LATENCY, count: 9_999 };
  const few = figures({ latencyMs: { all, get: LATENCY, put: LATENCY } });
  expect(printedFigures(few, options)).toContain("few samples");
});

describe("parseHttpBenchOptions()", () => {
  test("gives the run of the requirement where nothing is asked", () => {
    expect(parseHttpBenchOptions([])).toMatchObject({
      nodes: 3,
      engine: "memory",
      connections: 32,
      keys: 10_000,
      valueBytes: 1_024,
      targets: true,
      out: undefined,
    });
  });

  test("asks for help with undefined", () => {
    expect(parseHttpBenchOptions(["--help"])).toBeUndefined();
  });

  test.each([
    ["--nodes", "0"],
    ["--nodes", "1.5"],
    ["--connections", "many"],
    ["--seconds", "-1"],
    ["--seconds", ""],
    ["--keys", "31"],
    ["--value-bytes", "1048577"],
    ["--engine", "floppy"],
    ["--unknown"],
    ["stray"],
  ])("refuses %s %s in one line", (...flags) => {
    expect(() => parseHttpBenchOptions(flags)).toThrow(UsageError);
    try {
      parseHttpBenchOptions(flags);
    } catch (error) {
      expect((error as Error).message).not.toContain("\n");
    }
  });

  test("refuses more connections than keys by default", () => {
    const flags = ["--connections", "500", "--keys", "499"];
    expect(() => parseHttpBenchOptions(flags)).toThrow("from 500 to 10000000");
  });
});
