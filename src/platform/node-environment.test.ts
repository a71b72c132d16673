import { describe, expect, test } from "vitest";
import { createPinoLog } from "./pino-log.ts";
import { createPrometheusMetrics } from "./prometheus-metrics.ts";

describe("createPrometheusMetrics()", () => {
  test("renders counters, gauges, histograms and the process's own figures", async () => {
    const metrics = createPrometheusMetrics();
    metrics.counter("hits_total", "Hits.", { side: "a" }).increment();
    metrics.counter("hits_total", "Hits.", { side: "b" }).increment(2);
    metrics.gauge("depth", "Depth.").set(3);
    metrics.gauge("age", "Age.", { of: 'a"b' }, () => 4);
    const histogram = metrics.histogram("latency_ms", "Latency.");
    for (const value of [0.1, 0.2, 30, 99_999]) histogram.observe(value);
    const text = await metrics.text();
    for (const line of [
      "# TYPE hits_total counter",
      'hits_total{side="a"} 1',
      'hits_total{side="b"} 2',
      "depth 3",
      'age{of="a\\"b"} 4',
      "# TYPE latency_ms histogram",
      'latency_ms_bucket{le="0.1"} 1',
      'latency_ms_bucket{le="0.25"} 2',
      'latency_ms_bucket{le="50"} 3',
      'latency_ms_bucket{le="10000"} 3',
      'latency_ms_bucket{le="+Inf"} 4',
      "latency_ms_sum 100029.3",
      "latency_ms_count 4",
    ]) {
      expect(text.split("\n")).toContain(line);
    }
    expect(text).toContain("process_cpu_seconds_total");
  });

  test("gives the same instrument for the same name and labels, whatever their order", () => {
    const metrics = createPrometheusMetrics();
    const first = metrics.counter("x_total", "X.", { a: "1", b: "2" });
    expect(metrics.counter("x_total", "X.", { b: "2", a: "1" })).toBe(first);
    expect(() => metrics.gauge("x_total", "X.")).toThrow("Cannot make x_total a gauge");
  });
});

describe("createPinoLog()", () => {
  test("writes one JSON line an entry from its level on, with the node's id", () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => lines.push(line) };
    const log = createPinoLog({ level: "warn", nodeId: "n1", stream });
    log.debug({}, "no");
    log.info({}, "no");
    log.warn({ peer: "b" }, "careful");
    log.error({ error: "e" }, "bad");
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: "warn", time: expect.stringMatching(/Z$/), nodeId: "n1", peer: "b", msg: "careful" },
      { level: "error", time: expect.stringMatching(/Z$/), nodeId: "n1", error: "e", msg: "bad" },
    ]);
  });
});
