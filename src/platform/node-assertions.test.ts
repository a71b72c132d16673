import { expect, test } from "vitest";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { NodeAssertions } from "./node-assertions.ts";
import { createPrometheusMetrics } from "./prometheus-metrics.ts";

const POINT = "a write was confirmed by W slots";
const TOTAL = "ringside_assertions_failed_total";

test("NodeAssertions.always() counts each failure by point and logs the first", () => {
  const { log, metrics } = quietEnvironment(new ManualClock());
  const assertions = new NodeAssertions({ log, metrics });
  assertions.always(POINT, true);
  expect(metrics.valueOf(TOTAL, { point: POINT })).toBe(0);
  expect(log.lines).toEqual([]);

  for (let failures = 0; failures < 3; failures++) assertions.always(POINT, false);
  assertions.always("no request ended twice", false);
  expect(metrics.valueOf(TOTAL, { point: POINT })).toBe(3);
  expect(metrics.valueOf(TOTAL, { point: "no request ended twice" })).toBe(1);
  expect(log.lines.map(({ level, fields }) => [level, fields])).toEqual([
    ["error", { point: POINT }],
    ["error", { point: "no request ended twice" }],
  ]);
});

test("NodeAssertions shows a zero for every invariant before the first failure, and nothing else", async () => {
  const { log } = quietEnvironment(new ManualClock());
  const metrics = createPrometheusMetrics();
  const assertions = new NodeAssertions({ log, metrics });
  assertions.sometimes();
  assertions.reachable();
  const text = await metrics.text();
  expect(text).toContain(`${TOTAL}{point="${POINT}"} 0`);
  expect(text).not.toContain("a hint was delivered to its owner");
});
