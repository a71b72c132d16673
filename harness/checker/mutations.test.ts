/*
 * Every checker of carts must be silent on what a correct store leaves and must catch each kind of damage done to it.
 * Method: random correct histories, one mutation each.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { itemsOf } from "../history/cart-operation.ts";
import type { FinalRead, HistoryLine, Operation } from "../history/operation.ts";
import { pairOperations } from "../history/pairs.ts";
import type { Reconciler, Verdict } from "../run/plan.ts";
import type { CheckerResult } from "../run/summary.ts";
import { gatherCarts } from "./cart-items.ts";
import { checkConvergence } from "./convergence.ts";
import { gatherEvidence } from "./evidence.ts";
import { checkHistorySanity } from "./history-sanity.ts";
import { checkLostWrites } from "./lost-writes.ts";
import { checkResurrectedItems } from "./resurrected-items.ts";
import { correctHistory } from "./testing/correct-history.ts";
import { HEADER } from "./testing/history-builder.ts";
import { checkUnexpectedItems } from "./unexpected-items.ts";

function judged(lines: readonly HistoryLine[], reconcile: Reconciler = "or-set") {
  const evidence = gatherEvidence(HEADER, lines, undefined);
  const carts = gatherCarts(evidence.pairs);
  return {
    sanity: checkHistorySanity(evidence, carts),
    lost: checkLostWrites(evidence, carts, { examplesMax: 1_000_000 }),
    unexpected: checkUnexpectedItems(evidence, carts),
    resurrected: checkResurrectedItems(evidence, carts, reconcile),
    convergence: checkConvergence(evidence, { replicas: 3 }),
  };
}

function verdicts(results: Readonly<Record<string, CheckerResult>>): Record<string, Verdict> {
  return Object.fromEntries(Object.entries(results).map(([name, { verdict }]) => [name, verdict]));
}

const ALL_VALID = {
  sanity: "valid",
  lost: "valid",
  unexpected: "valid",
  resurrected: "valid",
  convergence: "valid",
};

const cases = fc.record({
  seed: fc.nat(),
  operations: fc.integer({ min: 1, max: 150 }),
  carts: fc.integer({ min: 1, max: 4 }),
  processes: fc.integer({ min: 1, max: 6 }),
});

const isFinalRead = (line: HistoryLine): line is FinalRead => line.type === "final-read";

/** Runs `mutate` on random correct histories; it returns undefined where there is nothing to damage. */
function everyMutation(
  mutate: (lines: readonly HistoryLine[], random: SeededRandom) => undefined | (() => void),
): void {
  let mutated = 0;
  fc.assert(
    fc.property(cases, ({ seed, ...options }) => {
      const random = new SeededRandom(seed);
      const check = mutate(correctHistory(random, options).lines, random);
      if (check !== undefined) {
        mutated++;
        check();
      }
    }),
  );
  expect(mutated).toBeGreaterThan(30);
}

/** The history with other items in the final read of a cart. */
function withFinalItems(
  lines: readonly HistoryLine[],
  key: string,
  change: (items: readonly string[]) => readonly string[],
): readonly HistoryLine[] {
  return lines.map((line) =>
    isFinalRead(line) && line.key === key
      ? { ...line, value: change(itemsOf(line.value) ?? []) }
      : line,
  );
}

const addsThat = (lines: readonly HistoryLine[], type: Operation["type"]) =>
  pairOperations(lines).pairs.flatMap(({ invocation, completion }) =>
    invocation.f === "add" && completion?.type === type ? [completion] : [],
  );

/** The slow, obvious reading of the rule: for each acknowledged add, look through everything. */
function lostSlowly(lines: readonly HistoryLine[]): readonly string[] {
  return addsThat(lines, "ok")
    .filter(({ key, value }) => {
      const final = lines.find((line) => isFinalRead(line) && line.key === key) as FinalRead;
      const removed = lines.some(
        (line) =>
          "f" in line &&
          line.f === "remove" &&
          (line.type === "ok" || line.type === "info") &&
          line.key === key &&
          line.value === value &&
          line.readSet?.includes(String(value)) === true,
      );
      return !removed && !(final.value as string[]).includes(String(value));
    })
    .map(({ key, value }) => `${key} ${value}`);
}

describe("checkers of carts", () => {
  test("are silent on correct histories", () => {
    fc.assert(
      fc.property(
        cases,
        fc.constantFrom<Reconciler>("union", "or-set"),
        ({ seed, ...options }, reconcile) => {
          const { lines } = correctHistory(new SeededRandom(seed), options);
          expect(verdicts(judged(lines, reconcile))).toEqual(ALL_VALID);
        },
      ),
    );
  });

  test("lost writes are found exactly, whatever is missing at the end", () => {
    everyMutation((lines, random) => {
      const damaged = lines.map((line) =>
        isFinalRead(line)
          ? { ...line, value: (itemsOf(line.value) ?? []).filter(() => random.integer(3) > 0) }
          : line,
      );
      const expected = lostSlowly(damaged);
      return () => {
        const { lost } = judged(damaged);
        expect(lost.examples.map(({ key, value }) => `${key} ${value}`).sort()).toEqual(
          [...expected].sort(),
        );
        expect(lost.count).toBe(expected.length);
        expect(lost.verdict).toBe(expected.length > 0 ? "invalid" : "valid");
      };
    });
  });

  test("an item nobody added is caught, at the end and in a view", () => {
    everyMutation((lines, random) => {
      const key = random.pick(lines.filter(isFinalRead)).key;
      return () => {
        const atEnd = judged(withFinalItems(lines, key, (items) => [...items, "alien"])).unexpected;
        expect(atEnd).toMatchObject({
          verdict: "invalid",
          examples: [{ kind: "never-added", key, value: "alien" }],
        });
        const views = lines.filter((line) => line.type === "ok" && line.f === "view");
        if (views.length > 0) {
          const view = random.pick(views);
          const inView = lines.map((line) =>
            line === view ? { ...line, value: ["alien"] } : line,
          );
          expect(judged(inView as readonly HistoryLine[]).unexpected.examples).toMatchObject([
            { kind: "never-added", index: view.index },
          ]);
        }
      };
    });
  });

  test("an item whose add failed is caught", () => {
    everyMutation((lines, random) => {
      const failed = addsThat(lines, "fail");
      if (failed.length === 0) {
        return undefined;
      }
      const { key, value } = random.pick(failed);
      return () => {
        const damaged = withFinalItems(lines, key, (items) => [...items, String(value)]);
        expect(judged(damaged).unexpected).toMatchObject({
          verdict: "invalid",
          examples: [{ kind: "failed-add", key, value }],
        });
      };
    });
  });

  test("an item that stands twice in one read is caught", () => {
    everyMutation((lines, random) => {
      const full = lines
        .filter(isFinalRead)
        .filter(({ value }) => (itemsOf(value) ?? []).length > 0);
      if (full.length === 0) {
        return undefined;
      }
      const { key } = random.pick(full);
      return () => {
        const damaged = withFinalItems(lines, key, (items) => [...items, items[0] ?? ""]);
        expect(judged(damaged).unexpected).toMatchObject({
          verdict: "invalid",
          examples: [{ kind: "duplicate", key }],
        });
      };
    });
  });

  test("K-23 a removed item that is back is invalid by OR-set and counted by union", () => {
    everyMutation((lines, random) => {
      const removes = lines.filter(
        (line): line is Operation => line.type === "ok" && line.f === "remove",
      );
      if (removes.length === 0) {
        return undefined;
      }
      const { key, value } = random.pick(removes);
      return () => {
        const damaged = withFinalItems(lines, key, (items) => [...items, String(value)]);
        const found = { count: 1, examples: [{ key, value }] };
        expect(judged(damaged, "or-set").resurrected).toMatchObject({
          verdict: "invalid",
          ...found,
        });
        expect(judged(damaged, "union").resurrected).toMatchObject({ verdict: "valid", ...found });
      };
    });
  });

  test("D-2.3-4 a replica that differs, misses its copy or keeps one too many is caught", () => {
    everyMutation((lines, random) => {
      const replicas = lines.filter((line): line is FinalRead => line.type === "replica-read");
      const held = random.pick(replicas.filter(({ digest }) => digest !== null));
      const empty = random.pick(
        replicas.filter(({ key, digest }) => key === held.key && digest === null),
      );
      const other = replicas.find(({ key, digest }) => key === held.key && digest !== null);
      const changed = (target: FinalRead, digest: string | null | undefined) =>
        lines.map((line) => (line === target ? { ...target, digest: digest ?? null } : line));
      return () => {
        for (const [damaged, problem] of [
          [changed(held, "other"), "different-copies"],
          [changed(held, null), "missing-copies"],
          [changed(empty, other?.digest), "copies-left-on-fallbacks"],
        ] as const) {
          expect(judged(damaged).convergence).toMatchObject({
            verdict: "invalid",
            examples: [{ key: held.key, problem }],
          });
        }
      };
    });
  });

  test("a history that ends anywhere before its last line is never called valid", () => {
    everyMutation((lines, random) => {
      const asked = new Set(lines.flatMap((line) => (line.type === "invoke" ? [line.key] : [])));
      if (!lines.filter(isFinalRead).every(({ key }) => asked.has(key))) {
        return undefined;
      }
      const cut = lines.slice(0, random.integer(lines.length));
      return () => {
        const { lost, convergence } = judged(cut);
        expect([lost.verdict, convergence.verdict]).toContain("unknown");
        expect([lost.verdict, convergence.verdict]).not.toContain("invalid");
      };
    });
  });

  test("a history whose lines were swapped or dropped is not trusted", () => {
    everyMutation((lines, random) => {
      const position = random.integer(lines.length - 1);
      return () => {
        expect(judged(lines.filter((_, other) => other !== position)).sanity.verdict).toBe(
          "unknown",
        );
      };
    });
  });
});
