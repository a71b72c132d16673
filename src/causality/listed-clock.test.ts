import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Actor } from "../base/ids.ts";
import { clockOf } from "./clock-entries.ts";
import { clockEntries, ListedClock } from "./listed-clock.ts";
import { testActor } from "./testing/causal-world.ts";

const pairs = fc.uniqueArray(
  fc.tuple(
    fc.nat({ max: 9 }).map((node) => testActor(node)),
    fc.integer({ min: 1, max: 3 }),
  ),
  { selector: ([actor]) => actor },
);

describe("ListedClock", () => {
  it("answers as the Map of the same pairs does, in the order of the actors", () => {
    fc.assert(
      fc.property(pairs, (all) => {
        const entries = clockEntries(new Map(all));
        const map = clockOf(entries);
        const listed = new ListedClock(entries);
        expect(listed.size).toBe(map.size);
        expect([...listed]).toEqual([...map]);
        expect([...listed.keys()]).toEqual([...map.keys()]);
        expect([...listed.values()]).toEqual([...map.values()]);
        const told: [Actor, number][] = [];
        listed.forEach((counter, actor) => void told.push([actor, counter]));
        expect(told).toEqual([...map]);
        for (const actor of [...map.keys(), testActor(0), testActor(99)]) {
          expect(listed.get(actor)).toBe(map.get(actor));
          expect(listed.has(actor)).toBe(map.has(actor));
        }
        expect(clockEntries(listed)).toBe(entries);
      }),
    );
  });
});
