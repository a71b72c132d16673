/*
 * Aim: the report says what the run was, whatever the run was, and stays one safe file of bounded size. Method:
 * made-up runs of each verdict, the same with hostile text wherever a history may carry text, and large ones.
 */
import { describe, expect, test } from "vitest";
import { syntheticRun } from "../testing/synthetic-run.ts";
import { tagImbalance } from "../testing/tag-balance.ts";
import { renderReport } from "./render-report.ts";
import type { ReportInput } from "./run-view.ts";

const SIZE_MAX = 2_000_000;
const VERDICTS = ["valid", "invalid", "unknown"] as const;
const run = (verdict: (typeof VERDICTS)[number], seconds = 20, rate = 200): ReportInput =>
  syntheticRun({ seed: 11, verdict, seconds, rate });

describe.each(VERDICTS)("renderReport() of a run that is %s", (verdict) => {
  const page = renderReport(run(verdict));

  test("is one well-formed file without anything from outside", () => {
    expect(tagImbalance(page)).toBe("");
    expect(page).not.toMatch(/\b(?:src|href|srcset|data)=|url\(|@import|https?:|\/\//);
    expect(page).not.toMatch(/NaN|undefined|\[object/);
  });

  test("says the verdict before anything else, and shows every section", () => {
    const text = page.slice(page.indexOf("<body>")).replace(/<[^>]+>/g, " ");
    expect(text.indexOf(verdict)).toBeLessThan(text.indexOf("Latency over time"));
    const ids = [...page.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
    const lost = verdict === "invalid" ? ["lost"] : [];
    expect(ids).toEqual([
      ...lost,
      ...["latency", "percentiles", "throughput", "availability", "versions", "convergence"],
      ...["faults", "checkers", "plan"],
    ]);
  });

  test("is the same page for the same run", () => {
    expect(renderReport(run(verdict))).toBe(page);
  });
});

test("renderReport() draws every operation of a small run", () => {
  const input = run("valid", 10, 100);
  const page = renderReport(input);
  const { ok, fail, info } = input.summary.operations;
  expect(page.match(/M[\d.]+ [\d.]+h0/g)).toHaveLength(ok);
  expect(page.match(/m-3-3l6 6m0-6l-6 6/g)).toHaveLength(fail + info);
  expect(page).not.toContain(" operations drawn");
});

test("renderReport() of more operations draws thousands and says that it leaves out others", () => {
  const page = renderReport(run("valid", 20, 1_000));
  expect(page.match(/M[\d.]+ [\d.]+h0/g)?.length).toBeGreaterThan(3_000);
  expect(page).toMatch(/[\d,]+ of 20,000 operations drawn/);
});

test("renderReport() names the lost writes and opens the timeline at the first", () => {
  const input = run("invalid");
  const [first] = input.summary.lostWrites.examples;
  const page = renderReport(input);
  expect(first).toBeDefined();
  const opened = /<details class="timeline" open>[\s\S]*?<\/details>/.exec(page)?.[0] ?? "";
  expect(opened).toContain(first?.value);
  expect(opened).toContain(first?.key);
  expect(opened).toContain('class="call lost"');
  expect(page).toContain("last write wins drops one of two concurrent writes");
});

test("renderReport() tells a fault that did not bite, and links that carried nothing", () => {
  const input = run("unknown");
  const faults = { ...input.faults, silentLinks: [{ from: "n1", to: "n4" }] };
  const page = renderReport({ ...input, faults });
  expect(page).toContain("did not bite");
  expect(page).toContain("n1→n4");
});

test("renderReport() prefers the histograms it is given", () => {
  const histograms = new Map([["add", { count: 123_456, valueMsAt: () => 777 }]]);
  expect(renderReport({ ...run("valid"), histograms })).toContain("slowest of 123,456: 777 ms");
});

describe("renderReport() of hostile text", () => {
  const hostile = `"><img src=x onerror=alert(1)></script><script>alert(2)</script>'--><!--\u0000\u202e${"x".repeat(50_000)}`;
  const poison = (value: unknown, name = ""): unknown => {
    if (["format", "verdict", "type", "phase", "digest"].includes(name)) return value;
    if (typeof value === "string") return `${hostile}${value}`;
    if (Array.isArray(value)) return value.map((item) => poison(item, name));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key === "add" ? hostile : key,
        poison(item, key),
      ]),
    );
  };

  test("stays well-formed, runs nothing and stays small", () => {
    const page = renderReport(poison(run("invalid", 4, 60)) as ReportInput);
    expect(tagImbalance(page)).toBe("");
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain("<img");
    expect(page.length).toBeLessThan(SIZE_MAX);
  });
});

describe("renderReport() at the ends of size", () => {
  test("of 200,000 operations is under 2 MB and hardly larger than of 20,000", {
    timeout: 60_000,
  }, () => {
    const small = renderReport(run("invalid", 20, 1_000)).length;
    const large = renderReport(run("invalid", 200, 1_000)).length;
    expect(large).toBeLessThan(SIZE_MAX);
    expect(large).toBeLessThan(small * 1.5);
  });

  test("of a run that broke off at once still makes a page", () => {
    const input = run("unknown");
    const page = renderReport({
      ...input,
      history: [],
      faults: { ...input.faults, faults: [] },
      summary: {
        ...input.summary,
        checkers: {},
        latencyMs: {},
        siblings: { 1: 0, 2: 0, 3: 0, "4+": 0 },
        availability: { overall: 0, perPhase: [] },
      },
    });
    expect(tagImbalance(page)).toBe("");
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("of one operation that never completed still makes a page", () => {
    const input = run("unknown");
    const page = renderReport({ ...input, history: input.history.slice(0, 1) });
    expect(tagImbalance(page)).toBe("");
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });
});
