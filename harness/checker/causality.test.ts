/*
 * Hand-made histories of one key, each with one anomaly planted, and the same without it. `write` names what it makes after
 * what it saw.
 */

import { describe, expect, test } from "vitest";
import type { VersioningMode } from "../../src/causality/versioning.ts";
import { checkCausality } from "./causality.ts";
import { HistoryBuilder } from "./testing/history-builder.ts";
import { gatherVersions } from "./version-graph.ts";

const KEY = "cart-0";
let processes = 0;

function write(
  builder: HistoryBuilder,
  wrote: string,
  saw: readonly string[],
  type: "ok" | "fail" | "info" = "ok",
): void {
  processes += 1;
  const invocation = builder.invoke(processes, "add", KEY, wrote);
  builder.complete(invocation, type, { wrote, saw, versions: saw.length });
}

function ended(
  builder: HistoryBuilder,
  saw: readonly string[],
  versioning: VersioningMode = "dvvset",
) {
  builder.marker("quiesced").finalRead(KEY, []);
  const last = builder.lines.pop();
  builder.lines.push({ ...last, saw } as HistoryBuilder["lines"][number]);
  return judged(builder, versioning);
}

function judged(builder: HistoryBuilder, versioning: VersioningMode = "dvvset") {
  const { evidence } = builder.gathered();
  return checkCausality(evidence, gatherVersions(evidence.pairs), { versioning });
}

const history = (): HistoryBuilder => new HistoryBuilder();

describe("checkCausality()", () => {
  test("is silent where every version is there or was seen by one that is", () => {
    const builder = history();
    write(builder, "a", []);
    write(builder, "b", ["a"]);
    write(builder, "c", ["a"]);
    write(builder, "d", ["b", "c"]);
    write(builder, "e", ["b"]);
    expect(ended(builder, ["d", "e"])).toMatchObject({ verdict: "valid", acknowledged: 5 });
  });

  test.each(["a view", "the final read"])("finds a version that %s shows twice", (where) => {
    const build = (versioning: VersioningMode) => {
      const builder = history();
      write(builder, "a", []);
      write(builder, "b", []);
      const twice = ["b", "a", "b"];
      const saw = where === "a view" ? twice : ["a", "b"];
      builder.complete(builder.invoke(99, "view", KEY), "ok", { saw, versions: saw.length });
      return ended(builder, where === "a view" ? ["a", "b"] : twice, versioning);
    };
    const index = where === "a view" ? 5 : 7;
    const { verdict, counts, reasons } = build("dvvset");
    expect({ verdict, counts }).toMatchObject({
      verdict: "invalid",
      counts: { "false-sibling": 1 },
    });
    expect(reasons).toEqual([
      `1 version(s) against the order that clients know; the first: version b of cart-0 is there twice at index ${index} (false sibling).`,
    ]);
    // A write made again is a sibling of itself there (K-11).
    expect(build("merged").verdict).toBe("valid");
  });

  test("finds a version dominated by one whose writer never saw it (K-1), with the nearest such one", () => {
    const builder = history();
    write(builder, "a", []);
    write(builder, "b", ["a"]);
    write(builder, "c", ["a"]);
    const { verdict, counts, examples, reasons } = ended(builder, ["c"]);
    expect(verdict).toBe("invalid");
    expect(counts["false-dominance"]).toBe(1);
    expect(examples).toEqual([
      { kind: "false-dominance", key: KEY, version: "b", other: "c", index: 3 },
    ]);
    expect(reasons[0]).toContain("b of cart-0, acknowledged at index 3, is gone, and c is there");
  });

  test("excuses a version that was superseded through writes in doubt, and misses none in doubt itself", () => {
    const builder = history();
    write(builder, "a", []);
    write(builder, "b", ["a"], "info");
    write(builder, "c", ["b"], "info");
    write(builder, "d", [], "info");
    expect(ended(builder, ["c"])).toMatchObject({ verdict: "valid" });
  });

  test("finds a version missing where only what it replaced is there, or nothing", () => {
    for (const saw of [["a"], []]) {
      const builder = history();
      write(builder, "a", []);
      write(builder, "b", ["a"]);
      const { verdict, examples } = ended(builder, saw);
      expect(verdict).toBe("invalid");
      expect(examples).toContainEqual(
        expect.objectContaining({ kind: "missing-sibling", version: "b", other: saw[0] }),
      );
    }
  });

  test("finds a version beside one that has seen it, and allows it where a mode keeps such ones (K-5)", () => {
    const build = () => {
      const builder = history();
      write(builder, "a", []);
      write(builder, "b", ["a"]);
      write(builder, "c", ["b"]);
      return builder;
    };
    const strict = ended(build(), ["a", "c"]);
    expect(strict).toMatchObject({ verdict: "invalid", counts: { "false-sibling": 1 } });
    expect(strict.examples[0]).toMatchObject({ version: "a", other: "c" });
    const lax = ended(build(), ["a", "c"], "merged");
    expect(lax).toMatchObject({ verdict: "valid", counts: { "false-sibling": 1 } });
  });

  test("finds it in reads of the run too, though the end is clean or was never reached", () => {
    const builder = history();
    write(builder, "a", []);
    write(builder, "b", ["a"]);
    builder.complete(builder.invoke(99, "view", KEY), "ok", { value: [], saw: ["b", "a"] });
    write(builder, "c", ["a", "b"]);
    expect(judged(builder)).toMatchObject({ verdict: "invalid", readsWithFalseSiblings: 2 });
    const clean = ended(builder, ["c"]);
    expect(clean).toMatchObject({ verdict: "invalid", counts: { "false-sibling": 1 } });
  });

  test("finds versions that nobody wrote, or that were refused for certain", () => {
    for (const ghost of ["x", "refused"]) {
      const builder = history();
      write(builder, "a", []);
      write(builder, "refused", ["a"], "fail");
      expect(ended(builder, ["a", ghost])).toMatchObject({
        verdict: "invalid",
        counts: { "never-written": 1 },
      });
    }
  });

  test("finds them in reads of the run too, and versions shown before their write began, though the end is clean", () => {
    for (const ghost of ["x", "refused", "later"]) {
      const builder = history();
      write(builder, "a", []);
      write(builder, "refused", ["a"], "fail");
      builder.complete(builder.invoke(99, "view", KEY), "ok", { value: [], saw: [ghost, "a"] });
      write(builder, "later", ["a"]);
      const { verdict, counts, examples } = ended(builder, ["later"]);
      expect(verdict).toBe("invalid");
      expect(counts["never-written"]).toBe(1);
      expect(examples[0]).toMatchObject({ kind: "never-written", version: ghost, index: 5 });
    }
  });

  test("excuses as many names that nobody told as there are writes that never ended, and no more", () => {
    const build = (...strange: readonly string[]) => {
      const builder = history();
      write(builder, "a", []);
      builder.invoke(50, "add", KEY, "never ended");
      builder.complete(builder.invoke(99, "view", KEY), "ok", { value: [], saw: strange });
      write(builder, "b", ["a", ...strange]);
      return ended(builder, ["b"]);
    };
    expect(build("x")).toMatchObject({ verdict: "valid", counts: { "never-written": 0 } });
    expect(build("x", "y")).toMatchObject({ verdict: "invalid", counts: { "never-written": 1 } });
  });

  test("excuses no name by a write that began after it was shown, nor by a view", () => {
    const build = (f: "add" | "view", when: "before" | "after") => {
      const builder = history();
      write(builder, "a", []);
      if (when === "before") builder.invoke(50, f, KEY, "never ended");
      builder.complete(builder.invoke(99, "view", KEY), "ok", { value: [], saw: ["x"] });
      if (when === "after") builder.invoke(50, f, KEY, "never ended");
      write(builder, "b", ["a"]);
      return ended(builder, ["b"]);
    };
    expect(build("add", "before")).toMatchObject({ verdict: "valid" });
    expect(build("add", "after")).toMatchObject({ counts: { "never-written": 1 } });
    expect(build("view", "before")).toMatchObject({ counts: { "never-written": 1 } });
  });

  test("does not accuse a write that never ended of having dropped what it may have replaced", () => {
    const builder = history();
    write(builder, "a", []);
    builder.invoke(50, "add", KEY, "never ended");
    write(builder, "b", ["x"]);
    expect(ended(builder, ["b"])).toMatchObject({ verdict: "unknown", undecidedKeys: [KEY] });
  });

  test("says nothing of a key that shows a name of a write that never ended", () => {
    const builder = history();
    write(builder, "a", []);
    builder.invoke(50, "add", KEY, "lost in the end");
    expect(ended(builder, ["x"])).toMatchObject({ verdict: "unknown", undecidedKeys: [KEY] });
  });

  test("accuses nobody before the cluster has settled", () => {
    const builder = history();
    write(builder, "a", []);
    write(builder, "b", []);
    const { verdict } = judged(builder);
    expect(verdict).toBe("unknown");
  });

  test("has nothing to judge where clients name no versions", () => {
    const builder = history();
    builder.add(1, KEY, "i1");
    const { evidence } = builder.gathered();
    expect(gatherVersions(evidence.pairs).size).toBe(0);
  });
});
