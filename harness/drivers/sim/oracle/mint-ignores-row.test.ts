import { expect, test } from "vitest";
import { EMPTY_CLOCK, HandMadeWorld, payloadOf } from "./testing/hand-made-world.ts";

const CHECK = ["mint-ignores-row"];

test.each(["dvvset", "merged"] as const)(
  "checkMint() finds a write of %s that ignores a hint of its own node",
  (mode) => {
    for (const keptBy of ["a", "d"]) {
      const world = new HandMadeWorld(mode);
      world.askWrite("b", "one");
      world.mint({ node: "b" }, "one");
      world.store({ node: keptBy, owner: "c" }, world.at({ node: "b" }));
      world.askWrite("a", "two");
      const actor = world.freshActor("a");
      const { versioning } = world;
      const mint = { actor, wallMs: 1 };
      const alone = versioning.update(versioning.empty, EMPTY_CLOCK, payloadOf("two"), mint);
      world.put({ node: "a" }, alone, actor);
      expect(world.found).toEqual(keptBy === "a" ? CHECK : []);
    }
  },
);

test("checkMint() is content with a write that builds on a hint, and with merges", () => {
  const world = new HandMadeWorld("dvvset");
  world.askWrite("b", "one");
  const one = world.mint({ node: "b" }, "one");
  world.store({ node: "a", owner: "c" }, one);
  world.askWrite("a", "two");
  world.mint({ node: "a" }, "two");
  world.askWrite("b", "three");
  const three = world.mint({ node: "b" }, "three");
  world.store({ node: "a", owner: "c" }, three);
  world.store({ node: "a" }, one);
  expect(world.found).toEqual([]);
});
