import { expect, test } from "vitest";
import { LoadRecorder } from "./load-recorder.ts";

/** A recorder with 1 s of warm-up and 2 s of measuring, and the time it sees. */
function recorderAt(startMs: number) {
  const time = { nowMs: startMs };
  const recorder = new LoadRecorder({ warmUpSeconds: 1, seconds: 2 }, () => time.nowMs);
  const answer = (verb: "GET" | "PUT", beganMs: number, endedMs: number, status: number) => {
    time.nowMs = startMs + endedMs;
    recorder.verb = verb;
    recorder.answered(status, endedMs - beganMs);
  };
  return { recorder, time, answer };
}

test("latencies count by when a request began, the rate by when it ended", () => {
  const { recorder, answer } = recorderAt(5_000);
  answer("GET", 100, 200, 200);
  answer("GET", 900, 1_100, 200);
  answer("PUT", 1_000, 1_004, 204);
  answer("GET", 2_990, 3_490, 300);
  answer("PUT", 3_000, 3_001, 503);
  const { latencyMs, requestsPerSecond, statuses, measuredSeconds } = recorder.tally.figures();
  expect(measuredSeconds).toBe(2);
  expect(requestsPerSecond).toBe(1);
  expect(statuses).toEqual({ "GET 200": 2, "PUT 204": 1, "GET 300": 1, "PUT 503": 1 });
  expect([latencyMs.all.count, latencyMs.get.count, latencyMs.put.count]).toEqual([2, 1, 1]);
  expect(latencyMs.put.max).toBeCloseTo(4, 1);
  expect(latencyMs.all.max / 500).toBeCloseTo(1, 2);
});

test("a request that never ended counts with its age, unless it began after the measured time", () => {
  const { recorder, time } = recorderAt(0);
  time.nowMs = 4_000;
  recorder.neverEnded("GET", 1_500);
  recorder.neverEnded("PUT", 3_000);
  const { latencyMs, unanswered } = recorder.tally.figures();
  expect(unanswered).toBe(1);
  expect(latencyMs.get.max / 2_500).toBeCloseTo(1, 2);
  expect(latencyMs.put.count).toBe(0);
});

test("errors and lost requests are counted by what they say", () => {
  const { recorder } = recorderAt(0);
  recorder.failed(new Error("request timed out"));
  recorder.failed(new Error("request timed out"));
  recorder.failed("odd");
  recorder.lost();
  const { errors, unanswered, latencyMs } = recorder.tally.figures();
  expect(errors).toEqual({ "request timed out": 2, odd: 1 });
  expect(unanswered).toBe(1);
  expect(latencyMs.all).toEqual({ count: 0, mean: 0, p50: 0, p99: 0, p999: 0, max: 0 });
});
