/*
 * Aim: a key whose hint is gone is told of for a whole grace, whatever else is dropped meanwhile and however often the node is
 * started anew; where that cannot be kept, every key is. Method: a clock that stands still.
 */
import { describe, expect, test } from "vitest";
import { ManualClock } from "../env/testing/manual-clock.ts";
import type { DroppedHintsOptions } from "./dropped-hints.ts";
import { DroppedHints } from "./dropped-hints.ts";

const GRACE_MS = 1_000;

function world(options: Partial<DroppedHintsOptions> = {}) {
  const clock = new ManualClock();
  const open = (before: DroppedHintsOptions["before"], more: Partial<DroppedHintsOptions> = {}) =>
    new DroppedHints(clock, { graceMs: GRACE_MS, ...options, ...more, before });
  return { clock, open };
}

describe("DroppedHints", () => {
  test("tells of a key for a grace, and of no other", () => {
    const { clock, open } = world();
    const dropped = open("none");
    dropped.dropped("a");
    clock.advance(GRACE_MS - 1);
    expect([dropped.isRecent("a"), dropped.isRecent("b")]).toEqual([true, false]);
    clock.advance(1);
    expect(dropped.isRecent("a")).toBe(false);
  });

  test("begins anew where another hint of the key goes", () => {
    const { clock, open } = world();
    const dropped = open("none");
    dropped.dropped("a");
    clock.advance(500);
    dropped.dropped("b");
    clock.advance(400);
    dropped.dropped("a");
    clock.advance(600);
    expect([dropped.isRecent("a"), dropped.isRecent("b")]).toEqual([true, false]);
  });

  test("tells of every key for a grace where there are more than it remembers, and then again of its own", () => {
    const { clock, open } = world({ keysMax: 2 });
    const dropped = open("none");
    for (const key of ["a", "b"]) dropped.dropped(key);
    expect(dropped.isRecent("other")).toBe(false);
    clock.advance(100);
    dropped.dropped("c");
    clock.advance(GRACE_MS - 1);
    expect(["a", "c", "other"].map((key) => dropped.isRecent(key))).toEqual([true, true, true]);
    clock.advance(1);
    dropped.dropped("d");
    expect(["c", "d", "other"].map((key) => dropped.isRecent(key))).toEqual([false, true, false]);
  });

  test("lets a key that it remembers already be dropped again when it is full", () => {
    const { open } = world({ keysMax: 1 });
    const dropped = open("none");
    dropped.dropped("a");
    dropped.dropped("a");
    expect(dropped.isRecent("other")).toBe(false);
  });

  test("gives what is left to the next life, which tells of it for a grace of its own", () => {
    const { clock, open } = world();
    const first = open("none");
    first.dropped("old");
    clock.advance(GRACE_MS);
    for (const key of ["a", "b"]) first.dropped(key);
    const next = open(first.row());
    clock.advance(GRACE_MS - 1);
    expect(["old", "a", "b"].map((key) => next.isRecent(key))).toEqual([false, true, true]);
    clock.advance(1);
    expect(["a", "b"].map((key) => next.isRecent(key))).toEqual([false, false]);
  });

  test.each([
    ["told nothing", undefined],
    ["remembered for less long", { graceMs: GRACE_MS - 1, hashes: "" }],
  ] as const)("tells of every key for a grace after a life that %s", (_, before) => {
    const { clock, open } = world();
    const dropped = open(before);
    expect([dropped.isRecent("a"), dropped.row()]).toEqual([true, undefined]);
    clock.advance(GRACE_MS);
    expect([dropped.isRecent("a"), dropped.row()?.hashes]).toEqual([false, ""]);
  });

  test("remembers nothing where tombstones stay for good, and says so", () => {
    const { open } = world({ graceMs: 0 });
    const dropped = open(undefined);
    dropped.dropped("a");
    dropped.droppedAny();
    expect([dropped.isRecent("a"), dropped.row()]).toEqual([false, undefined]);
  });
});
