import { describe, expect, test } from "vitest";
import type { Summary } from "../../run/summary.ts";
import { syntheticRun } from "../testing/synthetic-run.ts";
import { renderSummary } from "./render-summary.ts";

const summaryOf = (verdict: Summary["verdict"]): Summary =>
  syntheticRun({ seed: 3, verdict, seconds: 20, rate: 200 }).summary;

describe("renderSummary()", () => {
  test("begins with the verdict, and says whether it was expected", () => {
    const first = (verdict: Summary["verdict"]): string | undefined =>
      renderSummary(summaryOf(verdict), { colour: false }).split("\n")[0];
    expect(first("valid")).toBe("VALID  as expected");
    expect(first("invalid")).toBe("INVALID  as expected: this run is allowed to lose writes");
    expect(first("unknown")).toBe("UNKNOWN  the run proves nothing either way");
    const strict = { verdict: "valid", reason: "dvvset" } as const;
    expect(renderSummary({ ...summaryOf("invalid"), expects: strict }, { colour: false })).toMatch(
      /^INVALID {2}NOT as expected: this run had to be valid\n/,
    );
  });

  test("names lost writes with examples, and how many more there are", () => {
    const summary = summaryOf("invalid");
    const text = renderSummary(summary, { colour: false });
    const [example] = summary.lostWrites.examples;
    expect(text).toContain(`  ${example?.value} in ${example?.key} (operation ${example?.index})`);
    expect(text).toContain(`lost writes ${summary.lostWrites.count} of `);
    expect(renderSummary(summaryOf("valid"), { colour: false })).toMatch(/^lost writes 0 of /m);
  });

  test("D-2.2-2 gives percentiles for each operation in aligned columns, and marks few samples", () => {
    const lines = renderSummary(summaryOf("valid"), { colour: false }).split("\n");
    const head = lines.findIndex((line) => line.startsWith("latency in ms"));
    const title = lines[head] ?? "";
    expect(title.split(/ {2,}/)).toEqual([
      "latency in ms",
      "count",
      "mean",
      "p50",
      "p90",
      "p99",
      "p99.9",
      "max",
    ]);
    for (const line of lines.slice(head + 1, head + 4)) {
      expect(line).toMatch(/^(add|view|remove) .* few samples for p99\.9$/);
      expect(line.indexOf("  few samples")).toBe(title.length);
    }
  });

  test("colours only where it is asked to", () => {
    expect(renderSummary(summaryOf("invalid"), { colour: true })).toContain(
      "\u001b[1;31mINVALID\u001b[0m",
    );
    expect(renderSummary(summaryOf("invalid"), { colour: false })).not.toContain("\u001b");
  });

  test("ends with the path of the report", () => {
    const text = renderSummary(summaryOf("valid"), {
      colour: false,
      reportPath: "results/a/report.html",
    });
    expect(text.endsWith("\n\nreport: results/a/report.html\n")).toBe(true);
  });

  test("lets no escape code through, whoever wrote it", () => {
    const hostile = "\u001b]0;owned\u0007\u009b2J\r\n";
    const summary = summaryOf("invalid");
    const text = renderSummary(
      {
        ...summary,
        reasons: [hostile],
        workload: hostile,
        lostWrites: {
          count: 1,
          acknowledged: 1,
          examples: [{ key: hostile, value: hostile, index: 0 }],
        },
        availability: {
          overall: 1,
          perPhase: [{ phase: hostile, side: hostile, f: hostile, attempted: 1, ok: 1 }],
        },
      },
      { colour: false, reportPath: hostile },
    );
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  test("stays short whatever the run was", () => {
    const summary = summaryOf("valid");
    const phase = { phase: "p", side: "s", f: "add", attempted: 1, ok: 1 };
    const many = Array.from({ length: 1_000 }, () => phase);
    const text = renderSummary(
      {
        ...summary,
        reasons: many.map(() => "because"),
        availability: { overall: 1, perPhase: many },
      },
      { colour: false },
    );
    expect(text.split("\n").length).toBeLessThan(70);
    expect(text).toContain("and 992 more reasons");
  });
});
