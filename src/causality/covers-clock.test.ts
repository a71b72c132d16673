import fc from "fast-check";
import { expect, test } from "vitest";
import { actorOf } from "../base/actor.ts";
import { nodeId } from "../base/ids.ts";
import { coversClock } from "./covers-clock.ts";
import { lww, lwwHybrid } from "./lww.ts";
import type { Clock } from "./versioning.ts";

const ACTORS = ["A", "B", "C"].map((name) =>
  actorOf({ nodeId: nodeId(name), incarnation: "AAAAAAAAAAA", epoch: 0 }),
);
const clock = fc
  .array(fc.tuple(fc.constantFrom(...ACTORS), fc.integer({ min: 1, max: 3 })))
  .map((entries): Clock => new Map(entries));

test("coversClock() compares every counter, as each write would", () => {
  fc.assert(
    fc.property(clock, clock, (left, right) => {
      const expected = ACTORS.every((actor) => (left.get(actor) ?? 0) >= (right.get(actor) ?? 0));
      expect(coversClock("dvvset", left, right)).toBe(expected);
    }),
  );
  expect(coversClock("dvvset", new Map(), new Map())).toBe(true);
});

test.each([lww, lwwHybrid({ clockSkewMaxMs: 500 })])(
  "coversClock() of last write wins says what its merge does: $mode",
  (mode) => {
    const write = fc.tuple(fc.constantFrom(...ACTORS), fc.integer({ min: 1, max: 3 }));
    const siblingsOf = ([actor, wallMs]: [(typeof ACTORS)[number], number]) =>
      mode.update(mode.empty, new Map(), Buffer.from("x"), { actor, wallMs });
    fc.assert(
      fc.property(write, write, (one, other) => {
        const [newer, older] = [siblingsOf(one), siblingsOf(other)];
        expect(coversClock(mode.mode, newer.clock, older.clock)).toBe(mode.descends(newer, older));
        expect(coversClock(mode.mode, mode.empty.clock, older.clock)).toBe(false);
        expect(coversClock(mode.mode, newer.clock, mode.empty.clock)).toBe(true);
      }),
    );
  },
);
