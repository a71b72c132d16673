/*
 * Aim: finding out once who has seen what the end shows names the same versions as a walk through the past of each lost one, and takes near linear
 * time. Method: random histories against the walk, circles and strange names among them; a store that loses all but the first, counted.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lostVersions } from "./lost-versions.ts";
import { countedVersions } from "./testing/counted-versions.ts";
import { HistoryBuilder } from "./testing/history-builder.ts";
import type { KeyVersions, WrittenVersion } from "./version-graph.ts";
import { gatherVersions, pastOf } from "./version-graph.ts";

const KEY = "cart-0";

function historyOf(writes: Iterable<readonly string[]>): KeyVersions {
  const builder = new HistoryBuilder();
  for (const [number, saw] of [...writes].entries()) {
    const ending = { wrote: `v${number}`, saw, versions: saw.length };
    builder.complete(builder.invoke(0, "add", KEY), "ok", ending);
  }
  const history = gatherVersions(builder.gathered().evidence.pairs).get(KEY);
  if (history === undefined) throw new Error("Cannot judge a history: no version has a name");
  return history;
}

/** The rule as it reads: of what is there and the lost one had not seen, the one begun nearest to it. */
function plainly(
  history: KeyVersions,
  { name, begunIndex }: WrittenVersion,
  saw: readonly string[],
) {
  const own = pastOf(history, [name]);
  const distance = (rival: string) =>
    Math.abs((history.versions.get(rival)?.begunIndex ?? 0) - begunIndex);
  const [rival] = saw
    .filter((shown) => !own.has(shown))
    .sort((one, other) => distance(one) - distance(other));
  return rival === undefined ? ["missing-sibling", saw[0]] : ["false-dominance", rival];
}

describe("lostVersions()", () => {
  test("names what a walk through the past of each lost version does", () => {
    const found = { "false-dominance": 0, "missing-sibling": 0 };
    const writes = fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 3 }), { minLength: 9 });
    fc.assert(
      fc.property(writes, fc.array(fc.nat({ max: 60 }), { maxLength: 4 }), (drawn, shown) => {
        // Some see themselves, or names that are strange or come later.
        const history = historyOf(
          drawn.map((backs, number) => backs.map((back) => `v${number + 1 - back}`)),
        );
        const saw = shown.map((number) => `v${number}`);
        const lost = [...history.versions.values()].filter(({ name }) => !saw.includes(name));
        const anomalies = lostVersions(KEY, history, { lost, saw });
        expect(anomalies.map(({ kind, other }) => [kind, other])).toEqual(
          lost.map((version) => plainly(history, version, saw)),
        );
        expect(anomalies).toMatchObject(
          lost.map(({ name, endedIndex }) => ({ version: name, index: endedIndex })),
        );
        for (const { kind } of anomalies) found[kind as keyof typeof found] += 1;
      }),
    );
    expect(Math.min(...Object.values(found))).toBeGreaterThan(100);
  });

  test("looks at a few versions for each that is lost, however long their pasts are", () => {
    const operations = 4_000;
    const chain = Array.from({ length: operations }, (_, number) =>
      number === 0 ? [] : [`v${number - 1}`],
    );
    const { history, lookUps } = countedVersions(historyOf(chain));
    const [first, ...lost] = [...history.versions.values()];
    const anomalies = lostVersions(KEY, history, { lost, saw: [first?.name ?? ""] });
    expect(anomalies.every(({ kind }) => kind === "missing-sibling")).toBe(true);
    expect(anomalies).toHaveLength(operations - 1);
    expect(lookUps() / operations).toBeLessThan(10);
  });
});
