import { expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

/** A write acknowledged by two of three nodes from memory. */
function acknowledged(): HandMadeWorld {
  const world = new HandMadeWorld("dvvset", { synced: false, buffered: true });
  world.writeAtTwo("one");
  return world;
}

/** What was found once the request of that write has surely ended; any answer makes the oracle look. */
function later(world: HandMadeWorld, afterMs = 2_000): readonly string[] {
  world.nowMs += afterMs;
  world.refused(world.askWrite("d", "two"));
  return world.found;
}

test("D-6.1-5 finds a write that no disk has when its request has ended", () => {
  expect(later(acknowledged())).toEqual(["stored-nowhere"]);
});

test("is silent before that", () => {
  expect(later(acknowledged(), 900)).toEqual([]);
});

test("is silent where one disk has it, or something newer", () => {
  const world = acknowledged();
  world.stored({ node: "b" });
  expect(later(world)).toEqual([]);
});

test("is silent where a node died or slept meanwhile", () => {
  const dead = acknowledged();
  dead.oracle.rowsReplaced("c", []);
  expect(later(dead)).toEqual([]);
  const asleep = acknowledged();
  asleep.oracle.processPaused("c");
  expect(later(asleep)).toEqual([]);
});
