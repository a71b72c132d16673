import { describe, expect, test } from "vitest";
import type { RunEntry } from "./index-page.ts";
import { renderIndexPage } from "./index-page.ts";
import { syntheticRun } from "./testing/synthetic-run.ts";
import { tagImbalance } from "./testing/tag-balance.ts";

const entry = (seed: number, verdict: "valid" | "invalid" | "unknown"): RunEntry => {
  const { plan, summary } = syntheticRun({ seed, verdict, seconds: 10, rate: 100 });
  const folder = `shopping-cart/2026-01-0${seed}T00:00:00Z-${seed}`;
  return { folder, startedAt: `2026-01-0${seed}T00:00:00Z`, plan, summary, hasReport: true };
};

describe("renderIndexPage()", () => {
  const broken: RunEntry = { ...entry(3, "valid"), summary: undefined, hasReport: false };
  const page = renderIndexPage([entry(1, "valid"), broken, entry(2, "invalid")]);
  const rows = [...page.matchAll(/<tr><th>(?!started)([^<]*)<\/th>([\s\S]*?)<\/tr>/g)];

  test("lists runs newest first, the unfinished too", () => {
    expect(tagImbalance(page)).toBe("");
    expect(rows.map(([, time]) => time?.slice(0, 10))).toEqual([
      "2026-01-03",
      "2026-01-02",
      "2026-01-01",
    ]);
    expect(rows[0]?.[2]).toContain("unfinished");
    expect(page).toContain("3 runs: 1 valid, 1 invalid, 1 unfinished.");
  });

  test("links to what a folder holds, by encoded relative paths", () => {
    const links = [...(rows[1]?.[2] ?? "").matchAll(/href="([^"]+)"/g)].map(([, href]) => href);
    const folder = "./shopping-cart/2026-01-02T00%3A00%3A00Z-2";
    expect(links).toEqual(
      ["report.html", "summary.json", "plan.json"].map((name) => `${folder}/${name}`),
    );
    expect([...(rows[0]?.[2] ?? "").matchAll(/href=/g)]).toHaveLength(1);
  });

  test("no folder name becomes a script or breaks the page", () => {
    const hostile = {
      ...entry(1, "valid"),
      folder: `javascript:alert(1)/"><script>`,
      startedAt: "<b>",
    };
    const html = renderIndexPage([hostile]);
    expect(tagImbalance(html)).toBe("");
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).toContain('href="./javascript%3Aalert(1)/%22%3E%3Cscript%3E/report.html"');
  });

  test("says so where there is none, and stays bounded where there are many", () => {
    expect(renderIndexPage([])).toContain("No run yet.");
    const many = renderIndexPage(Array.from({ length: 2_500 }, () => broken));
    expect(many).toContain("500 older runs are left out.");
    expect(many.length).toBeLessThan(2_000_000);
  });
});
