/* Aim: looking up what lasts changes no answer, and holds up no walk. Method: random reads against the plain rule; one version that is back for good. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LastingSiblings } from "./lasting-siblings.ts";
import { countedVersions } from "./testing/counted-versions.ts";
import { HistoryBuilder } from "./testing/history-builder.ts";
import type { KeyVersions } from "./version-graph.ts";
import { gatherVersions, pastOf } from "./version-graph.ts";

const KEY = "cart-0";

function historyOf(writes: Iterable<readonly [wrote: string, saw: readonly string[]]>) {
  const builder = new HistoryBuilder();
  for (const [wrote, saw] of writes) {
    const invocation = builder.invoke(0, "add", KEY);
    builder.complete(invocation, "ok", { wrote, saw, versions: saw.length });
  }
  const history = gatherVersions(builder.gathered().evidence.pairs).get(KEY);
  if (history === undefined) throw new Error("Cannot judge a history: no version has a name");
  return history;
}

function plainly(history: KeyVersions, saw: readonly string[]) {
  for (const other of saw) {
    const past = pastOf(history, [other]);
    const version = saw.find((name) => past.has(name));
    if (version !== undefined) return { version, other };
  }
  return undefined;
}

describe("LastingSiblings", () => {
  test("finds what walking to the end does, in random reads of which some versions last", () => {
    let found = 0;
    let clean = 0;
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 100, maxLength: 250, size: "max" }), (draws) => {
        const names = draws.map((_, position) => `v${position}`);
        const history = historyOf(
          draws.map((draw, position) => {
            const back = (by: number) => names[position - 1 - (by % 9)];
            const saw = [
              draw % 2 === 0 ? back(draw) : undefined,
              draw % 3 === 0 ? back(draw >> 4) : undefined,
            ];
            return [names[position] ?? "", [...new Set(saw.filter((name) => name !== undefined))]];
          }),
        );
        const lasting = new LastingSiblings(history);
        for (const [position, draw] of draws.entries()) {
          const old = [names[draw % 3], names[draw % 7], names[position - (draw % 4)]];
          const saw = [...new Set([names[position], ...old])].filter((name) => name !== undefined);
          const expected = plainly(history, saw);
          expect(lasting.falseSiblingIn(saw)).toEqual(expected);
          if (expected === undefined) clean += 1;
          else found += 1;
        }
      }),
    );
    expect(Math.min(found, clean)).toBeGreaterThan(1_000);
  });

  test("looks at some hundred versions a read where one is back for good", () => {
    const operations = 8_000;
    const writes = Array.from(
      { length: operations },
      (_, number) => [`v${number}`, number === 0 ? [] : [`v${number - 1}`]] as const,
    );
    const { history, lookUps } = countedVersions(historyOf(writes));
    const lasting = new LastingSiblings(history);
    for (let number = 1; number < operations; number += 1) {
      const saw = [`v${number}`, "v0"];
      expect(lasting.falseSiblingIn(saw)).toEqual({ version: "v0", other: `v${number}` });
    }
    expect(lookUps() / operations).toBeLessThan(100);
  });
});
