import { describe, expect, test } from "vitest";
import type { ExperimentResult } from "./junit.ts";
import { isMet, renderJunit } from "./junit.ts";
import { tagImbalance } from "./testing/tag-balance.ts";

const experiment = (rest: Partial<ExperimentResult>): ExperimentResult => ({
  ...{ name: "default seed 1", expected: "valid", verdict: "valid", seconds: 12.3456 },
  ...{ reasons: [], folder: "results/shopping-cart/a" },
  ...rest,
});

describe("renderJunit()", () => {
  test("counts a wrong verdict as failure and an unexpected unknown as error", () => {
    const xml = renderJunit("check", [
      experiment({}),
      experiment({ verdict: "invalid", reasons: ["item-1 is lost"] }),
      experiment({ verdict: "unknown" }),
      experiment({ expected: "invalid", verdict: "valid" }),
      experiment({ expected: "invalid", verdict: "invalid" }),
      experiment({ expected: "may-lose", verdict: "valid" }),
    ]);
    expect(tagImbalance(xml)).toBe("");
    expect(xml).toContain(
      '<testsuite name="check" tests="6" failures="2" errors="1" time="74.074">',
    );
    expect(xml.match(/<testcase /g)).toHaveLength(6);
    expect(xml.match(/<failure /g)).toHaveLength(2);
    expect(xml.match(/<error /g)).toHaveLength(1);
    expect(xml).toContain(
      '<failure message="Expected valid, got invalid" type="invalid">item-1 is lost\nexpected valid\nfolder results/shopping-cart/a</failure>',
    );
  });

  test("escapes what would break out, and drops what XML cannot say", () => {
    const hostile = "]]></failure>\"'&<a>\u0000\u001b\ufffe\ud800";
    const xml = renderJunit(hostile, [
      experiment({ name: hostile, verdict: "invalid", reasons: [hostile], folder: hostile }),
    ]);
    expect(tagImbalance(xml)).toBe("");
    expect(xml).not.toMatch(/(?!\n)[\p{Cc}\ufffe\ud800]/u);
    expect(xml).toContain("]]&gt;&lt;/failure&gt;&quot;&apos;&amp;&lt;a&gt;");
  });

  test("of no experiment is a suite without cases", () => {
    expect(renderJunit("check", [])).toContain('tests="0" failures="0" errors="0" time="0.000"');
  });
});

test("isMet() takes valid and invalid, but never unknown, where a run may lose", () => {
  const met = (["valid", "invalid", "unknown"] as const).map((verdict) =>
    isMet(experiment({ expected: "may-lose", verdict })),
  );
  expect(met).toEqual([true, true, false]);
});
