import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError, Reader, Writer } from "../base/binary.ts";
import {
  clockOf,
  compareForListing,
  counterOf,
  joinOf,
  orderOf,
  readClock,
  withCounter,
  writeClock,
} from "./clock-entries.ts";
import { clockEntries } from "./listed-clock.ts";
import { testActor } from "./testing/causal-world.ts";
import type { Clock } from "./versioning.ts";

const ACTORS = [0, 1, 2, 3].map((node) => testActor(node));

/** Clocks of few actors and small counters, so that all orders are common; in any order of insertion. */
const clocks = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...ACTORS), fc.integer({ min: 1, max: 3 })), {
    selector: ([actor]) => actor,
  })
  .map((pairs): Clock => new Map(pairs));

/** The definition word for word: an absent counter is 0. */
function naiveOrder(left: Clock, right: Clock) {
  const atMost = (one: Clock, other: Clock) =>
    ACTORS.every((actor) => (one.get(actor) ?? 0) <= (other.get(actor) ?? 0));
  if (atMost(left, right)) {
    return atMost(right, left) ? "equal" : "before";
  }
  return atMost(right, left) ? "after" : "concurrent";
}

describe("clock entries", () => {
  it("D-4.4-4 orderOf() agrees with the definition", () => {
    fc.assert(
      fc.property(clocks, clocks, (left, right) => {
        const order = orderOf(clockEntries(left), clockEntries(right));
        expect(order).toBe(naiveOrder(left, right));
      }),
      { numRuns: 1_000 },
    );
  });

  it("orderOf() answers the truth table, an absent counter being 0", () => {
    const [x, y] = [testActor(0), testActor(1)];
    const order = (left: Clock, right: Clock) => orderOf(clockEntries(left), clockEntries(right));
    expect(order(new Map(), new Map())).toBe("equal");
    expect(order(new Map(), new Map([[x, 1]]))).toBe("before");
    expect(order(new Map([[x, 2]]), new Map([[x, 1]]))).toBe("after");
    expect(order(new Map([[x, 1]]), new Map([[y, 1]]))).toBe("concurrent");
    expect(order(new Map([[y, 1]]), new Map([[x, 1], [y, 1]]))).toBe("before"); // biome-ignore format: one case a line
  });

  it("joinOf() takes the larger counter of each actor", () => {
    fc.assert(
      fc.property(clocks, clocks, (left, right) => {
        const joined = clockOf(joinOf(clockEntries(left), clockEntries(right)));
        for (const actor of ACTORS) {
          expect(joined.get(actor) ?? 0).toBe(
            Math.max(left.get(actor) ?? 0, right.get(actor) ?? 0),
          );
        }
        expect([...joined.keys()]).toEqual([...joined.keys()].sort());
      }),
    );
  });

  it("withCounter() changes one counter and keeps the order", () => {
    fc.assert(
      fc.property(clocks, fc.constantFrom(...ACTORS), (clock, actor) => {
        const changed = withCounter(clockEntries(clock), actor, 9);
        expect(changed).toEqual(clockEntries(new Map(clock).set(actor, 9)));
        expect(counterOf(changed, actor)).toBe(9);
      }),
    );
  });

  it("compareForListing() is a total order of clocks", () => {
    fc.assert(
      fc.property(clocks, clocks, clocks, (a, b, c) => {
        const [x, y, z] = [clockEntries(a), clockEntries(b), clockEntries(c)] as const;
        expect(Math.sign(compareForListing(x, y))).toBe(-Math.sign(compareForListing(y, x)) + 0);
        expect(compareForListing(x, y) === 0).toBe(orderOf(x, y) === "equal");
        if (compareForListing(x, y) <= 0 && compareForListing(y, z) <= 0) {
          expect(compareForListing(x, z)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  it("readClock() gives back what writeClock() took, and refuses a counter of 0", () => {
    fc.assert(
      fc.property(clocks, (clock) => {
        const writer = new Writer();
        writeClock(writer, clockEntries(clock));
        const reader = new Reader(writer.finish(), "a clock");
        expect(clockEntries(readClock(reader))).toEqual(clockEntries(clock));
        reader.end();
      }),
    );
    const writer = new Writer();
    writeClock(writer, [{ actor: testActor(0), counter: 0 }]);
    expect(() => readClock(new Reader(writer.finish(), "a clock"))).toThrow(FormatError);
  });
});
