/*
 * Aim: a version that its own writer stood upon convicts, and no other does. Method: circles by hand, through the whole of causality; random graphs of
 * overlapping writes against a walk through the past of each version; one long circle, counted.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkCausality } from "./causality.ts";
import { ownPasts } from "./own-pasts.ts";
import { countedVersions } from "./testing/counted-versions.ts";
import { HistoryBuilder } from "./testing/history-builder.ts";
import type { KeyVersions } from "./version-graph.ts";
import { gatherVersions, pastOf } from "./version-graph.ts";

const KEY = "cart-0";

interface Write {
  readonly wrote: string;
  readonly saw: readonly string[];
  readonly type?: "ok" | "fail" | "info";
}

/** They all begin before the first of them ends. */
function overlapping(writes: readonly Write[]): HistoryBuilder {
  const builder = new HistoryBuilder();
  const begun = writes.map((_, process) => builder.invoke(process, "add", KEY));
  for (const [process, invocation] of begun.entries()) {
    const { wrote = "", saw = [], type = "ok" } = writes[process] ?? {};
    builder.complete(invocation, type, { wrote, saw, versions: saw.length });
  }
  return builder;
}

function historyOf(builder: HistoryBuilder): KeyVersions {
  const history = gatherVersions(builder.gathered().evidence.pairs).get(KEY);
  if (history === undefined) throw new Error("Cannot judge a history: no version has a name");
  return history;
}

function judged(builder: HistoryBuilder) {
  const { evidence } = builder.gathered();
  // In a mode that may keep false siblings, which such versions may be besides.
  const result = checkCausality(evidence, gatherVersions(evidence.pairs), { versioning: "merged" });
  return { ...result, named: result.examples.filter(({ kind }) => kind === "own-past") };
}

describe("ownPasts()", () => {
  test.each(["ok", "info"] as const)(
    "convicts a write, ended in %s, that had read itself",
    (type) => {
      const { verdict, counts, named, reasons } = judged(
        overlapping([
          { wrote: "a", saw: [] },
          { wrote: "b", saw: ["a", "b"], type },
        ]),
      );
      expect({ verdict, counts }).toMatchObject({ verdict: "invalid", counts: { "own-past": 1 } });
      expect(named).toEqual([{ kind: "own-past", key: KEY, version: "b", other: "b", index: 3 }]);
      expect(reasons[0]).toBe(
        "1 version(s) against the order that clients know; the first: version b of cart-0 was read by its own writer before it was written, as the write says that ended at index 3 (own past).",
      );
    },
  );

  test("convicts two that had read each other, whether the store acknowledged both or not", () => {
    for (const type of ["ok", "info"] as const) {
      const { verdict, named, reasons } = judged(
        overlapping([
          { wrote: "a", saw: ["b"] },
          { wrote: "b", saw: ["a"], type },
        ]),
      );
      expect(verdict).toBe("invalid");
      expect(named.map(({ version, other }) => [version, other])).toEqual([
        ["a", "b"],
        ["b", "a"],
      ]);
      expect(reasons[0]).toContain(
        "version a of cart-0 was written by who had read b, as the write says that ended at index 2, and the writer of that had seen a, itself or through others (own past).",
      );
    }
  });

  test("convicts all of a longer circle, and neither what leads to it nor what comes of it", () => {
    const { verdict, named } = judged(
      overlapping([
        { wrote: "before", saw: [] },
        { wrote: "a", saw: ["before", "c"] },
        { wrote: "b", saw: ["a"] },
        { wrote: "c", saw: ["b"] },
        { wrote: "after", saw: ["c"] },
        { wrote: "d", saw: ["after", "e"] },
        { wrote: "e", saw: ["d"] },
      ]),
    );
    expect(verdict).toBe("invalid");
    expect(named.map(({ version, other }) => [version, other]).sort()).toEqual([
      ["a", "c"],
      ["b", "a"],
      ["c", "b"],
      ["d", "e"],
      ["e", "d"],
    ]);
  });

  test("leaves to others what was refused, or shown before its write began", () => {
    const refused = judged(
      overlapping([
        { wrote: "a", saw: ["a"], type: "fail" },
        { wrote: "b", saw: [] },
      ]),
    );
    expect(refused).toMatchObject({
      verdict: "invalid",
      counts: { "never-written": 1, "own-past": 0 },
    });
    const builder = new HistoryBuilder();
    for (const [wrote, saw] of [
      ["a", ["b"]],
      ["b", ["a"]],
    ] as const) {
      builder.complete(builder.invoke(0, "add", KEY), "ok", { wrote, saw, versions: 1 });
    }
    expect(judged(builder)).toMatchObject({
      verdict: "invalid",
      counts: { "never-written": 1, "own-past": 0 },
    });
  });

  test("is silent where writes overlap as they like and each saw what was there, though one was refused and came again, under a new name", () => {
    const { counts } = judged(
      overlapping([
        { wrote: "a", saw: [] },
        { wrote: "b", saw: ["a"], type: "info" },
        { wrote: "c", saw: ["a", "b"] },
        { wrote: "d", saw: ["strange"] },
        { wrote: "e", saw: ["b", "a", "d"] },
        { wrote: "f", saw: ["c", "e"], type: "fail" },
        { wrote: "g", saw: ["c", "e"] },
      ]),
    );
    expect(counts).toMatchObject({ "own-past": 0 });
  });

  test("finds what a walk through the past of each version does", () => {
    const found = { own: 0, other: 0 };
    const reads = fc.uniqueArray(fc.nat({ max: 24 }), { maxLength: 2, size: "max" });
    const graphs = fc.array(reads, { minLength: 2, maxLength: 24, size: "max" });
    fc.assert(
      fc.property(graphs, (graph) => {
        const writes = graph.map((saw, number) => ({
          wrote: `v${number}`,
          // The last name is a stranger's.
          saw: [...new Set(saw.map((seen) => `v${seen % (graph.length + 1)}`))],
        }));
        const history = historyOf(overlapping(writes));
        const anomalies = ownPasts(KEY, history);
        const names = [...history.versions.keys()];
        const expected = names.filter((name) => pastOf(history, [name]).has(name));
        expect(anomalies.map(({ version }) => version).sort()).toEqual(expected.sort());
        for (const { version, other = "" } of anomalies) {
          expect(history.versions.get(version)?.saw).toContain(other);
          expect(other === version || pastOf(history, [other]).has(version)).toBe(true);
        }
        found.own += expected.length;
        found.other += names.length - expected.length;
      }),
      { numRuns: 300 },
    );
    expect(Math.min(found.own, found.other)).toBeGreaterThan(200);
  });

  test("looks at a few versions for each of a circle of thousands", () => {
    const size = 4_000;
    const circle = Array.from({ length: size }, (_, number) => ({
      wrote: `v${number}`,
      saw: [`v${(number + 1) % size}`],
    }));
    const { history, lookUps } = countedVersions(historyOf(overlapping(circle)));
    expect(ownPasts(KEY, history)).toHaveLength(size);
    expect(lookUps() / size).toBeLessThan(20);
  });
});
