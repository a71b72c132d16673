import { describe, expect, test } from "vitest";
import { SimMetrics } from "./sim-metrics.ts";

describe("SimMetrics", () => {
  test("adds up a counter by name and labels, whoever asked for it", () => {
    const metrics = new SimMetrics();
    metrics.counter("total", "").increment();
    metrics.counter("total", "").increment(2);
    metrics.counter("total", "", { kind: "a", side: "b" }).increment();
    metrics.counter("total", "", { side: "b", kind: "a" }).increment();
    metrics.counter("unmoved", "");
    expect([...metrics.counters()]).toEqual([
      ["total", 3],
      ["total{kind=a,side=b}", 2],
    ]);
  });

  test("shows a gauge as it was set last, or as it reads now", () => {
    const metrics = new SimMetrics();
    let size = 1;
    const set = metrics.gauge("set", "");
    metrics.gauge("read", "", {}, () => size);
    set.set(5);
    set.set(4);
    size = 2;
    expect([...metrics.gauges()]).toEqual([
      ["set", 4],
      ["read", 2],
    ]);
  });
});
