/* Phases, availability, the guard against runs that prove nothing, versions and latencies. */

import { describe, expect, test } from "vitest";
import type { FaultRecord } from "../nemesis/fault.ts";
import { checkAvailability } from "./availability.ts";
import { gatherEvidence } from "./evidence.ts";
import { exportHgrm, measureLatency, summarizeLatency } from "./latency.ts";
import { checkProvesSomething } from "./proves-something.ts";
import { faultBetween, HEADER, HistoryBuilder, NODES } from "./testing/history-builder.ts";
import { countVersions } from "./versions.ts";

const SIDES = [
  ["n1", "n2"],
  ["n3", "n4", "n5"],
];

/** Every 10 ms an add, a remove and a view of the next process, for `seconds`; then the end as it should be. */
function steadyLoad(
  seconds: number,
  answer: (nowMs: number, node: number) => "ok" | "info" = () => "ok",
) {
  const builder = new HistoryBuilder();
  let number = 0;
  for (let nowMs = 0; nowMs <= seconds * 1_000; nowMs += 10) {
    builder.nowNs = nowMs * 1e6;
    const node = number % NODES.length;
    const type = answer(nowMs, node);
    const process = number * NODES.length + node;
    const item = `i${number++}`;
    builder.add(process, "c", item, type);
    builder.remove(process + NODES.length * 100_000, "c", item, type);
    if (type === "ok") {
      builder.view(process + NODES.length * 200_000, "c", []);
    }
  }
  return builder.marker("healed").marker("quiesced").finalRead("c", []);
}

function proven(builder: HistoryBuilder, faults: readonly FaultRecord[], seconds = 10) {
  const { evidence } = builder.gathered(faults);
  return checkProvesSomething(evidence, {
    nemesis: ["halves"],
    seconds,
    rate: 300,
  });
}

describe("phases", () => {
  test("hold what lies inside, both ends counted, and nothing that overlaps an edge", () => {
    const { evidence } = steadyLoad(10).gathered([
      faultBetween("2-one", 7_000, 8_000),
      faultBetween("1-halves", 3_000, 5_000, SIDES),
    ]);
    const { phases } = evidence;
    const nameAt = (startMs: number, endMs: number) =>
      phases.phases[phases.find(startMs * 1e6, endMs * 1e6)]?.name;
    expect(phases.phases.map(({ name }) => name)).toEqual([
      "healthy",
      "1-halves",
      "healthy",
      "2-one",
      "healthy",
    ]);
    expect(nameAt(0, 2_999)).toBe("healthy");
    expect(nameAt(3_000, 5_000)).toBe("1-halves");
    expect(nameAt(2_990, 3_000)).toBeUndefined();
    expect(nameAt(4_999, 5_001)).toBeUndefined();
    expect(nameAt(5_001, 6_999)).toBe("healthy");
    expect(nameAt(9_000, 9_999)).toBe("healthy");
  });
});

describe("checkAvailability()", () => {
  test("counts by phase, side of the home node, and function", () => {
    const minority = (nowMs: number, node: number) =>
      nowMs >= 3_000 && nowMs <= 5_000 && node < 2 ? "info" : "ok";
    const { evidence } = steadyLoad(10, minority).gathered([
      faultBetween("1-halves", 2_999, 5_100, SIDES),
    ]);
    const { perPhase, overall } = checkAvailability(evidence);
    const at = (phase: string, side: string) =>
      perPhase.find((each) => each.phase === phase && each.side === side && each.f === "add");
    expect(at("1-halves", "n1+n2")).toMatchObject({ attempted: 85, ok: 4 });
    expect(at("1-halves", "n3+n4+n5")).toMatchObject({ attempted: 126, ok: 126 });
    expect(at("healthy", "all")?.ok).toBe(at("healthy", "all")?.attempted);
    expect(overall).toBeGreaterThan(0.9);
    expect(overall).toBeLessThan(1);
  });

  test("leaves out removes that found nothing to remove", () => {
    const builder = new HistoryBuilder();
    builder.complete(builder.invoke(0, "remove", "c"), "fail", {
      error: "nothing-to-remove",
      readSet: [],
    });
    builder.add(1, "c", "i1");
    expect(checkAvailability(builder.gathered().evidence).overall).toBe(1);
  });
});

test("what a fault stalled counts for that fault, in latency and availability, though it ended later or never", () => {
  const builder = new HistoryBuilder();
  for (let number = 0; number < 10; number++) builder.view(number, "c", []);
  const fault = faultBetween("1-pause", 100, 2_600);
  builder.nowNs = 200e6;
  const stalled = [50, 51, 52].map((process) => builder.invoke(process, "view", "c"));
  const forgotten = builder.invoke(53, "view", "c");
  for (let number = 0; number < 4; number++) builder.view(number, "c", []);
  builder.nowNs = 2_700e6;
  for (const invocation of stalled) builder.complete(invocation, "info");
  builder.view(0, "c", []);
  const { evidence } = builder.gathered([fault]);
  const { phases } = summarizeLatency(measureLatency(evidence));
  expect(phases["1-pause"]).toMatchObject({ count: 7, p50: expect.closeTo(1, 0) });
  expect(phases["1-pause"]?.p90).toBeCloseTo(2_500, -1);
  expect(phases["healthy"]).toMatchObject({ count: 11 });
  const { perPhase } = checkAvailability(evidence);
  expect(perPhase.filter(({ phase }) => phase === "1-pause")).toEqual([
    { phase: "1-pause", side: "all", f: "view", attempted: 8, ok: 4 },
  ]);
  expect(forgotten.type).toBe("invoke");
});

describe("checkProvesSomething()", () => {
  test("is content with a full run", () => {
    expect(proven(steadyLoad(10), [faultBetween("1-halves", 3_000, 6_000, SIDES)])).toEqual({
      verdict: "valid",
      reasons: [],
    });
  });

  test("names a fault that did not bite", () => {
    const fault = faultBetween("1-halves", 3_000, 6_000, SIDES);
    const dull = { ...fault, proof: { ...fault.proof, bit: false, reason: "n1 still reached n3" } };
    expect(proven(steadyLoad(10), [dull])).toEqual({
      verdict: "unknown",
      reasons: ["Fault 1-halves did not bite: n1 still reached n3."],
    });
  });

  test("names faults that were planned and never injected", () => {
    expect(proven(steadyLoad(10), []).reasons).toEqual([
      "Faults were planned and never injected: halves.",
    ]);
  });

  test("names a link that carried nothing, and a missing record of the faults", () => {
    const { lines } = steadyLoad(10);
    const options = { nemesis: ["none"], seconds: 10, rate: 300 } as const;
    const faultFile = {
      format: "ringside-faults",
      version: 1,
      faults: [],
      silentLinks: [{ from: "n1", to: "n2" }],
    } as const;
    const silent = gatherEvidence(HEADER, lines, faultFile);
    expect(checkProvesSomething(silent, options).reasons).toEqual([
      "1 link(s) carried nothing while all was healthy (n1~n2): somebody goes past the proxies.",
    ]);
    const absent = gatherEvidence(HEADER, lines, undefined);
    expect(checkProvesSomething(absent, options).verdict).toBe("unknown");
  });

  test("names a phase in which too little succeeded of one kind", () => {
    const down = (nowMs: number) => (nowMs >= 3_000 && nowMs <= 6_000 ? "info" : "ok");
    const { verdict, reasons } = proven(steadyLoad(10, down), [
      faultBetween("1-halves", 2_999, 6_100),
    ]);
    expect(verdict).toBe("unknown");
    expect(reasons[0]).toMatch(
      /^Only 9 add succeeded in phase 1-halves \(3\.0 s to 6\.1 s\), fewer than 20/,
    );
    expect(reasons.length).toBe(3);
  });

  test("names a side on which too little was attempted", () => {
    const builder = steadyLoad(10);
    const fault = faultBetween("1-halves", 3_000, 6_000, [["n9"], NODES]);
    expect(proven(builder, [fault]).reasons).toEqual([
      expect.stringMatching(/^Only 0 operations were attempted on side n9 in phase 1-halves/),
    ]);
  });

  test("counts what really began in a phase, though a backlog had delayed it, where the measured table counts what was due", () => {
    const builder = steadyLoad(10);
    const delayed = builder.lines.map((line) =>
      "intendedNs" in line ? { ...line, intendedNs: Math.max(0, line.intendedNs - 2e9) } : line,
    );
    const late = Object.assign(new HistoryBuilder(), { lines: delayed });
    const fault = faultBetween("1-halves", 3_000, 5_010, SIDES);
    expect(proven(late, [fault], 9).verdict).toBe("valid");
    const { perPhase } = checkAvailability(late.gathered([fault]).evidence);
    expect(perPhase.filter(({ phase, f }) => phase === "1-halves" && f === "add")).toMatchObject([
      { side: "n1+n2", attempted: 82 },
      { side: "n3+n4+n5", attempted: 120 },
    ]);
  });

  test("names a load that stopped early", () => {
    expect(proven(steadyLoad(10), [faultBetween("1-halves", 3_000, 6_000)], 30).reasons).toEqual([
      "Operations were begun during 10.0 s only, of 30 s planned.",
    ]);
  });

  test("names a load that stopped early since nobody was free to go on", () => {
    const builder = steadyLoad(10);
    for (let second = 10; second < 30; second += 1) {
      builder.nowNs = second * 1e9;
      const waiting = builder.invoke(2_000_000 + second, "view", "c");
      builder.complete(waiting, "fail", { error: "never-begun" });
    }
    expect(proven(builder, [faultBetween("1-halves", 3_000, 6_000)], 30).reasons).toContain(
      "Operations were begun during 10.0 s only, of 30 s planned.",
    );
  });

  test("names a key without a final read, and hints that were left", () => {
    const builder = steadyLoad(10);
    builder.add(1_000_000, "d", "i-d");
    builder.marker("unsettled", "3 hints on n2");
    expect(proven(builder, [faultBetween("1-halves", 3_000, 6_000)]).reasons).toEqual([
      "1 key(s) could not be read at the end, the first is d (no final read).",
      "Hints were not delivered by the end (3 hints on n2).",
    ]);
  });
});

test("D-6.3-2 countVersions() counts reads by versions", () => {
  const builder = new HistoryBuilder();
  for (const versions of [0, 1, 1, 2, 3, 4, 9]) {
    builder.view(0, "c", [], versions);
  }
  expect(countVersions(builder.gathered().evidence)).toMatchObject({
    siblings: { 1: 2, 2: 1, 3: 1, "4+": 2 },
    absent: 1,
    max: 9,
  });
});

describe("latency", () => {
  const builder = new HistoryBuilder();
  for (let number = 1; number <= 1_000; number++) {
    builder.nowNs = number * 1e9;
    const invocation = builder.invoke(number, "add", "c", `i${number}`);
    builder.nowNs = number * 1e9 + number * 1e6;
    builder.complete({ ...invocation, intendedNs: number * 1e9 - 5e6 }, "ok");
    builder.lines[(number - 1) * 2] = { ...invocation, intendedNs: number * 1e9 - 5e6 };
  }
  const histograms = measureLatency(builder.gathered().evidence);

  test("counts from the intended start, service time from the real one", () => {
    const { operations, service, lateness } = summarizeLatency(histograms);
    const { add } = operations;
    expect(add).toMatchObject({ count: 1_000, fewSamples: true });
    expect(add?.mean).toBeCloseTo(505.5, 9);
    expect(add?.p50).toBeCloseTo(505, -1);
    expect(add?.p999).toBeCloseTo(1_004, -1);
    expect(service.max).toBeCloseTo(1_000, -1);
    expect(lateness.p50).toBeCloseTo(5, 1);
  });

  test("operations that failed count in `all` with the time until they ended", () => {
    const failing = new HistoryBuilder();
    failing.add(0, "c", "i1");
    const slow = failing.invoke(1, "add", "c", "i2");
    failing.nowNs += 5e9;
    failing.complete(slow, "info");
    const { operations } = summarizeLatency(measureLatency(failing.gathered().evidence));
    const { add, all } = operations;
    expect(add?.count).toBe(1);
    expect(all?.count).toBe(2);
    expect(all?.max).toBeGreaterThan(4_900);
  });

  test("exports percentile distributions in milliseconds", () => {
    const files = exportHgrm(histograms);
    expect([...files.keys()]).toEqual(["add", "all", "phase-healthy"]);
    expect(files.get("add")).toMatch(/Value\s+Percentile\s+TotalCount/);
    expect(files.get("add")).toMatch(/#\[Max\s+=\s+100[45]/);
  });
});
