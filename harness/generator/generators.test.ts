import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { limit, mix, phases, repeated, timeLimit } from "./combinators.ts";
import type { OperationGenerator, ScheduledRequest } from "./generator.ts";
import { openLoop } from "./open-loop.ts";

const only = (f: string) => repeated(() => ({ f, key: "k", value: null }));

/** Asks until done, jumping to whatever time a pending generator names. */
function drain(generator: OperationGenerator, seed = 1, max = 10_000): ScheduledRequest[] {
  const random = new SeededRandom(seed);
  const requests: ScheduledRequest[] = [];
  let timeNs = 0;
  let current = generator;
  while (requests.length < max) {
    const asked = current.ask({ timeNs, freeProcesses: 1, random });
    if (asked.kind === "done") {
      break;
    }
    current = asked.next;
    if (asked.kind === "pending") {
      timeNs = asked.untilNs ?? timeNs + 1;
    } else {
      requests.push(asked.request);
    }
  }
  return requests;
}

describe("combinators", () => {
  test("mix() keeps to the weights and drops parts that are done", () => {
    const requests = drain(
      mix([
        { weight: 3, generator: limit(5_000, only("a")) },
        { weight: 1, generator: limit(2_500, only("b")) },
      ]),
    );
    const early = requests.slice(0, 4_000).filter(({ f }) => f === "a").length;
    expect(early).toBeGreaterThan(2_850);
    expect(early).toBeLessThan(3_150);
    expect(requests.length).toBe(7_500);
  });

  test("phases() runs one after the other", () => {
    const requests = drain(phases(limit(2, only("a")), limit(1, only("b"))));
    expect(requests.map(({ f }) => f)).toEqual(["a", "a", "b"]);
  });

  test("generators are values: asked again, one answers the same", () => {
    const generator = openLoop({ ratePerSecond: 100, arrivals: "poisson" }, limit(50, only("a")));
    expect(drain(generator)).toEqual(drain(generator));
    expect(drain(generator, 2)).not.toEqual(drain(generator));
  });
});

describe("openLoop()", () => {
  test("spaces intended starts evenly at a fixed rate, without adding up rounding", () => {
    const requests = drain(
      openLoop({ ratePerSecond: 3, arrivals: "fixed" }, limit(3_001, only("a"))),
    );
    expect(requests[1]?.intendedNs).toBe(333_333_334);
    expect(requests.at(-1)?.intendedNs).toBeLessThanOrEqual(1_000e9 + 1_000);
    expect(requests.at(-1)?.intendedNs).toBeGreaterThanOrEqual(1_000e9 - 1_000);
  });

  test("draws exponential gaps with the right mean and spread", () => {
    const requests = drain(openLoop({ ratePerSecond: 1_000, arrivals: "poisson" }, only("a")), 3);
    const gaps = requests
      .slice(1)
      .map(({ intendedNs = 0 }, i) => intendedNs - (requests[i]?.intendedNs ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(
      gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length,
    );
    expect(mean / 1e6).toBeCloseTo(1, 1);
    expect(deviation / mean).toBeCloseTo(1, 1);
  });

  test("asked late, gives what is overdue with its old intended start", () => {
    const random = new SeededRandom(1);
    let generator = openLoop({ ratePerSecond: 1_000, arrivals: "fixed" }, only("a"));
    const intended: (number | undefined)[] = [];
    for (;;) {
      const asked = generator.ask({ timeNs: 3_000_000, freeProcesses: 1, random });
      if (asked.kind !== "operation") {
        expect(asked).toMatchObject({ kind: "pending", untilNs: 4_000_000 });
        break;
      }
      intended.push(asked.request.intendedNs);
      generator = asked.next;
    }
    expect(intended).toEqual([0, 1e6, 2e6, 3e6]);
  });

  test("timeLimit() ends by intended start, and still gives what was due before", () => {
    const load = openLoop({ ratePerSecond: 1_000, arrivals: "fixed" }, only("a"));
    expect(drain(timeLimit(5e6, load)).length).toBe(5);
    const late = timeLimit(5e6, load).ask({
      timeNs: 9e9,
      freeProcesses: 1,
      random: new SeededRandom(1),
    });
    expect(late).toMatchObject({ kind: "operation", request: { intendedNs: 0 } });
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses rate %s", (ratePerSecond) => {
    expect(() => openLoop({ ratePerSecond, arrivals: "fixed" }, only("a"))).toThrow(RangeError);
  });
});
