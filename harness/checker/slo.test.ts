/* An SLO is held against what was measured, to the nanosecond. */

import { describe, expect, test } from "vitest";
import { checkSlo, parseSlo, SloError, sloLatencies } from "./slo.ts";
import { HistoryBuilder } from "./testing/history-builder.ts";

describe("SLO", () => {
  test("is parsed", () => {
    expect(parseSlo("p99.9<300ms, p50 < 0.5s,max<1000us")).toEqual([
      { percentile: "p99.9", limitMs: 300 },
      { percentile: "p50", limitMs: 500 },
      { percentile: "max", limitMs: 1 },
    ]);
  });

  test.each(["", "p99.9", "p95<3ms", "p99<3", "p99<-1ms", "p99<0ms", "p99>3ms", "p99<3ms,"])(
    "%j is refused with the allowed forms",
    (text) => {
      expect(() => parseSlo(text)).toThrow(SloError);
      expect(() => parseSlo(text)).toThrow("it must read like p99.9<300ms");
    },
  );

  test.each(["max<0.0001us", "max<1.0000004ms", "max<0.0000000001s", "p50<1.0001us"])(
    "%j, which is no whole number of nanoseconds, is refused",
    (text) => {
      expect(() => parseSlo(text)).toThrow(SloError);
      expect(() => parseSlo(text)).toThrow("a limit of whole nanoseconds, 1 or more");
    },
  );

  test("may be limited by the nanosecond", () => {
    const limits = ["max<0.001us", "max<0.000001ms", "max<0.000000001 s", "max<0.00100us"];
    const least = { percentile: "max", limitMs: 1e-6 };
    expect(parseSlo(limits.join(","))).toEqual([least, least, least, least]);
  });

  /** `[ms, how often]` each, one operation after the other. */
  type Latencies = readonly (readonly [ms: number, count: number])[];
  const nsOf = (latencies: Latencies) =>
    Float64Array.from(latencies.flatMap(([ms, count]) => Array(count).fill(ms * 1e6)));
  const judged = (slo: string, all: Latencies, successful = all) =>
    checkSlo(parseSlo(slo), { all: nsOf(all), successful: nsOf(successful) });

  test("is missed at its limit and met below it, however little", () => {
    const ten = (ms: number): Latencies => [
      [4, 19_980],
      [ms, 20],
    ];
    expect(judged("p99.9<300ms", [...ten(4), [300, 21]], ten(4))).toEqual({
      verdict: "invalid",
      reasons: ["SLO p99.9<300ms was missed: 300.000 ms over 20021 operations."],
    });
    expect(judged("p99.9<300ms", [...ten(4), [300, 20]], ten(4)).verdict).toBe("valid");
    for (const ms of [299.9, 299.999_999]) {
      expect(judged(`max<300ms`, ten(ms))).toEqual({ verdict: "valid", reasons: [] });
      expect(judged(`max<${ms}ms`, ten(ms)).verdict).toBe("invalid");
    }
    expect(checkSlo([], sloLatencies([])).verdict).toBe("valid");
  });

  test("is told with its limit as it was asked for, and with no figure that would have met it", () => {
    const told = (slo: string, ms: number) => judged(slo, [[ms, 20_000]]).reasons[0];
    expect(told("p99<1.001s", 1_002)).toContain("SLO p99<1001ms was missed: 1002.000 ms");
    expect(told("p99<1.001s", 1_001)).toContain("SLO p99<1001ms was missed: 1001.000 ms");
    expect(judged("p99<1.001s", [[1_000.999_999, 20_000]]).verdict).toBe("valid");
    expect(told("max<300.0004ms", 300.000_4)).toContain(
      "SLO max<300.0004ms was missed: 300.000400 ms",
    );
    expect(told("max<0.3us", 0.000_3)).toContain("SLO max<0.0003ms was missed: 0.000300 ms");
    expect(told("max<300.0004ms", 300.000_6)).toContain("was missed: 300.001 ms");
  });

  test("is missed by the successful operations alone, however quickly others were refused", () => {
    const slow = [[2_001, 80]] as const;
    expect(judged("p90<50ms", [[1, 20_000], ...slow], slow)).toEqual({
      verdict: "invalid",
      reasons: [
        "SLO p90<50ms was missed: 2001.000 ms over 80 successful operations (few samples).",
      ],
    });
  });

  test("counts from the intended start, and what failed or is in doubt among all", () => {
    const builder = new HistoryBuilder();
    builder.add(0, "c", "i1");
    const waited = builder.invoke(1, "view", "c");
    builder.complete({ ...waited, intendedNs: waited.intendedNs - 5e6 }, "fail");
    builder.invoke(2, "view", "c");
    const { pairs } = builder.gathered().evidence;
    const due = pairs.map(({ invocation, completion }) => ({
      invocation: { ...invocation, intendedNs: completion?.intendedNs ?? invocation.intendedNs },
      completion,
    }));
    expect(sloLatencies(due)).toEqual({
      all: Float64Array.of(1e6, 6e6),
      successful: Float64Array.of(1e6),
    });
  });

  test.each([
    ["p50", 2],
    ["p90", 10],
    ["p99", 100],
    ["p99.9", 1_000],
    ["max", 1],
  ])(
    "%s of fewer than %d successful operations is unknown, met or missed by them",
    (p, samplesMin) => {
      const few = [[4, samplesMin - 1]] as const;
      const enough = [[4, samplesMin]] as const;
      for (const limit of ["1000s", "1us"]) {
        expect(judged(`${p}<${limit}`, few)).toEqual({
          verdict: "unknown",
          reasons: [
            `SLO ${p}<${limit === "1us" ? "0.001" : "1000000"}ms takes ${samplesMin} successful operations to be judged: of ${samplesMin - 1} that ended ${samplesMin - 1} succeeded.`,
          ],
        });
      }
      expect(judged(`${p}<1000s`, enough).verdict).toBe("valid");
      expect(judged(`${p}<1us`, enough).verdict).toBe("invalid");
      expect(judged(`${p}<1us`, enough, few).verdict).toBe("invalid");
    },
  );
});
