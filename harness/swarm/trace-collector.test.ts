import { describe, expect, test } from "vitest";
import { toBase64url, utf8Bytes } from "../../src/base/bytes.ts";
import { runSimulation } from "./run-simulation.ts";
import { plainPlan } from "./testing/plain-plan.ts";
import { TraceCollector } from "./trace-collector.ts";

const ASK = { from: "client-n1", to: "n1", sizeBytes: 200 };

describe("TraceCollector", () => {
  test("keeps when a message was sent and when it arrived, if it did", () => {
    let nowMs = 1;
    const trace = new TraceCollector(() => nowMs);
    const arrived = trace.onMessage({ ...ASK, label: "GET /healthz" });
    trace.onMessage({ ...ASK, label: "lost" });
    nowMs = 3;
    arrived();
    expect(trace.trace(["n1"])).toEqual({
      lanes: ["n1"],
      messages: [
        { ...ASK, label: "GET /healthz", sentMs: 1, arrivedMs: 3 },
        { ...ASK, label: "lost", sentMs: 1, arrivedMs: undefined },
      ],
      marks: [],
    });
  });

  test("names keys as people do, and draws nothing of what the harness asks", () => {
    const trace = new TraceCollector(() => 0);
    const path = `/kv64/${toBase64url(utf8Bytes("cart-1"))}`;
    trace.onMessage({ ...ASK, label: `PUT ${path}?timeoutMs=675` });
    trace.onMessage({ ...ASK, from: "harness", label: "GET /admin/status" })();
    trace.onMessage({ ...ASK, to: "harness", label: "200" })();
    expect(trace.trace([]).messages.map(({ label }) => label)).toEqual(["PUT cart-1"]);
  });

  test("puts marks in the order of their time", () => {
    const trace = new TraceCollector(() => 5);
    trace.mark({ lane: "n1", kind: "fault", label: "now" });
    trace.mark({ lane: "n1", kind: "violation", label: "before", timeMs: 0 });
    expect(trace.trace([]).marks.map(({ label, timeMs }) => [label, timeMs])).toEqual([
      ["before", 0],
      ["now", 5],
    ]);
  });

  test("sees the requests, the frames between nodes and the faults of a run", async () => {
    const plan = plainPlan({
      operations: 10,
      faults: [{ kind: "pause", startMs: 10, endMs: 50, node: "n2" }],
    });
    const { trace } = await runSimulation(plan, { trace: true });
    const labels = trace?.messages.map(({ label }) => label) ?? [];
    expect(labels.some((label) => /^PUT cart-\d$/.test(label))).toBe(true);
    expect(labels.some((label) => /put/.test(label) && !label.startsWith("PUT"))).toBe(true);
    expect(trace?.marks.map(({ lane, kind }) => `${lane} ${kind}`)).toEqual([
      "n2 fault",
      "n2 healed",
    ]);
    expect(trace?.lanes).toEqual(["client-n1", "n1", "client-n2", "n2", "client-n3", "n3"]);
  });
});
