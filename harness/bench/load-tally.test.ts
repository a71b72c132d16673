import { expect, test } from "vitest";
import { LoadTally } from "./load-tally.ts";

test("LoadTally.add() makes one of several rounds: counts are summed, and latencies stand in one histogram", () => {
  const sum = new LoadTally();
  for (const [endedInTime, latencyMs] of [
    [30, 4],
    [10, 400],
  ] as const) {
    const round = new LoadTally();
    round.measuredSeconds = 2;
    round.endedInTime = endedInTime;
    round.generatorCpuUs = 50;
    round.unanswered = 1;
    round.answered("GET 200");
    round.answered("PUT 204");
    round.failed("gone");
    round.took("GET", latencyMs);
    round.took("PUT", 1);
    sum.add(round);
  }
  const { latencyMs, ...figures } = sum.figures();
  expect(figures).toEqual({
    measuredSeconds: 4,
    requestsPerSecond: 10,
    statuses: { "GET 200": 2, "PUT 204": 2 },
    errors: { gone: 2 },
    unanswered: 2,
    generatorCpuUs: 25,
  });
  expect([latencyMs.all.count, latencyMs.get.count, latencyMs.put.count]).toEqual([4, 2, 2]);
  expect(latencyMs.get.p50).toBeCloseTo(4, 1);
  expect(latencyMs.get.max / 400).toBeCloseTo(1, 2);
});
