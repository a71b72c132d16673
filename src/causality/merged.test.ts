import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { merged } from "./merged.ts";
import { CausalWorld, testActor } from "./testing/causal-world.ts";
import { play, schedules } from "./testing/schedule.ts";
import type { Clock, Siblings } from "./versioning.ts";

const WORLD = { versioning: merged, nodeCount: 3, clientCount: 4 } as const;

describe("merged", () => {
  it("loses no acknowledged write, whatever is lost on the way", () => {
    fc.assert(
      fc.property(schedules(WORLD), (steps) => {
        const world = new CausalWorld(WORLD);
        play(world, steps);
        expect(world.outcome().lost).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it("loses writes where an actor is reused after its row was gone (planted fault)", () => {
    const world = new CausalWorld({ ...WORLD, actors: "reused" });
    world.put(0, 2, []);
    world.handOff(2, 0);
    world.put(1, 1, []);
    world.get(2, [0]);
    world.put(2, 0, []);
    world.put(3, 2, []);
    expect(world.outcome().lost).toBe(1);
  });

  it("joins clocks the same way in any order of merges", () => {
    fc.assert(
      fc.property(schedules(WORLD), (steps) => {
        const world = new CausalWorld(WORLD);
        play(world, steps);
        const [a, b, c] = world.replicas as [never, never, never];
        const { merge } = merged;
        expect(merge(merge(a, b), c).clock).toEqual(merge(a, merge(b, c)).clock);
      }),
    );
  });

  it("takes the union of equal clocks that came about in another order of merges", () => {
    const put = (stored: Siblings, context: Clock, name: string, node: number) =>
      merged.update(stored, context, utf8Bytes(name), { actor: testActor(node), wallMs: 0 });
    const older = put(merged.empty, new Map(), "older", 0);
    const newer = put(older, older.clock, "newer", 0);
    const beside = put(merged.empty, new Map(), "beside", 1);
    const without = merged.merge(merged.merge(newer, older), beside);
    const withFalse = merged.merge(newer, merged.merge(older, beside));
    expect(without.payloads).toEqual(["beside", "newer"].map(utf8Bytes));
    expect(withFalse.payloads).toEqual(["beside", "newer", "older"].map(utf8Bytes));
    expect(without.clock).toEqual(withFalse.clock);
    expect(merged.descends(without, withFalse)).toBe(false);
    expect(merged.merge(without, withFalse)).toBe(withFalse);
    expect(merged.merge(withFalse, without)).toBe(withFalse);
  });

  it("keeps what a client replaced as a false sibling where another wrote in between (K-5)", () => {
    const mint = { actor: testActor(0), wallMs: 0 };
    const read = merged.update(merged.empty, new Map(), utf8Bytes("read"), mint);
    const between = merged.update(read, read.clock, utf8Bytes("between"), mint);
    const after = merged.update(between, read.clock, utf8Bytes("after"), mint);
    expect(between.payloads).toEqual([utf8Bytes("between")]);
    expect(after.payloads).toEqual([utf8Bytes("after"), utf8Bytes("between")]);
    const late = merged.update(after, between.clock, utf8Bytes("late"), mint);
    expect(late.payloads).toEqual([utf8Bytes("after"), utf8Bytes("between"), utf8Bytes("late")]);
  });

  it("holds equal payloads once", () => {
    const mint = { actor: testActor(0), wallMs: 0 };
    const once = merged.update(merged.empty, new Map(), utf8Bytes("same"), mint);
    const twice = merged.update(once, new Map(), utf8Bytes("same"), mint);
    expect(twice.payloads).toEqual([utf8Bytes("same")]);
    expect(twice.clock.get(testActor(0))).toBe(2);
  });
});
