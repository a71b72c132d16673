import { describe, expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const CHECK = ["never-delivered"];

describe.each(["dvvset", "merged"] as const)("never-delivered in %s", (mode) => {
  test("finds a primary that no copy and no hint ever reached", () => {
    for (const isDelivered of [true, false]) {
      const world = new HandMadeWorld(mode);
      const siblings = world.writeAtTwo("one");
      if (isDelivered) world.store({ node: "c" }, siblings);
      world.oracle.hintsDelivered();
      expect(world.found).toEqual(isDelivered ? [] : CHECK);
    }
  });

  test("says nothing about a primary that died, or of what a coordinator that died still owed", () => {
    for (const died of ["a", "c"]) {
      const world = new HandMadeWorld(mode);
      world.writeAtTwo("one");
      world.crash(died, died === "a" ? [{ node: "a" }] : []);
      world.oracle.hintsDelivered();
      expect(world.found).toEqual([]);
    }
  });

  test("says nothing where a node that died may have taken hints with it", () => {
    for (const synced of [true, false]) {
      const world = new HandMadeWorld(mode, { synced });
      world.writeAtTwo("one");
      world.crash("e", []);
      world.oracle.hintsDelivered();
      expect(world.found).toEqual(synced ? CHECK : []);
    }
  });

  test("says nothing of a write that was acknowledged before members changed, and all of one after", () => {
    for (const isLater of [true, false]) {
      const world = new HandMadeWorld(mode);
      if (!isLater) world.writeAtTwo("one");
      world.nowMs = 8;
      world.removeMember("e", ["a", "b", "d", "c"]);
      if (isLater) world.writeAtTwo("one");
      world.oracle.hintsDelivered();
      expect(world.found).toEqual(isLater ? CHECK : []);
    }
  });
});
