/**
 * Aim: the joins that KeyHistory keeps answer what a walk over all writes would. Method: random writes under a few actors with
 * random contexts of what exists, in any order of counters, against the obvious definition.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Actor } from "../../../../src/base/ids.ts";
import type { Clock } from "../../../../src/causality/versioning.ts";
import type { Mint } from "./key-history.ts";
import { covers, isSuperseded, KeyHistory } from "./key-history.ts";

const ACTORS = ["a/1/0", "b/1/0", "c/1/0"] as Actor[];

const clocks: fc.Arbitrary<Clock> = fc
  .array(fc.tuple(fc.constantFrom(...ACTORS), fc.integer({ min: 1, max: 5 })), { maxLength: 3 })
  .map((entries) => new Map(entries));

const writes = fc.uniqueArray(
  fc.record({
    actor: fc.constantFrom(...ACTORS),
    counter: fc.integer({ min: 1, max: 5 }),
    payload: fc.constantFrom("x", "y", "z"),
    context: clocks,
  }),
  { maxLength: 12, selector: ({ actor, counter }) => `${actor} ${counter}` },
);

describe("KeyHistory", () => {
  test("isSuperseded() and unsuperseded() agree with a walk over all writes", () => {
    fc.assert(
      fc.property(writes, clocks, (fresh, clock) => {
        const history = new KeyHistory();
        const all = fresh.map((write) => history.add(write));
        const tops = history.topsOf(clock);
        const isSupersededSlowly = (mint: Mint): boolean =>
          all.some((other) => covers(clock, other) && covers(other.context, mint));
        for (const mint of all) {
          expect(isSuperseded(mint, tops)).toBe(isSupersededSlowly(mint));
          expect(history.superseding(mint, clock).length > 0).toBe(isSupersededSlowly(mint));
        }
        const alive = all.filter((mint) => covers(clock, mint) && !isSupersededSlowly(mint));
        expect(new Set(history.unsuperseded(clock))).toEqual(new Set(alive));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("mint() and mintsOf() find what was added and nothing else", () => {
    const history = new KeyHistory();
    const [actor] = ACTORS as [Actor];
    const context: Clock = new Map();
    const third = history.add({ actor, counter: 3, payload: "x", context });
    const first = history.add({ actor, counter: 1, payload: "x", context });
    expect(history.mint(actor, 3)).toBe(third);
    expect(history.mint(actor, 1)).toBe(first);
    expect(history.mint(actor, 2)).toBeUndefined();
    expect(history.mintsOf("x")).toEqual([third, first]);
    expect(history.mintsOf("y")).toEqual([]);
  });
});
