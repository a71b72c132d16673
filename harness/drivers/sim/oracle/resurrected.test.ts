import { describe, expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const CHECK = ["resurrected"];
const PRIMARIES = ["a", "b", "c"];

/** A value that was deleted everywhere; `old` is what the nodes held of it. */
function deleted(mode: "dvvset" | "merged") {
  const world = new HandMadeWorld(mode);
  world.write("a", "one");
  const old = world.at({ node: "a" });
  world.write("b", undefined, world.read(old));
  return { world, old };
}

function collect(world: HandMadeWorld): void {
  for (const node of PRIMARIES) world.remove({ node });
}

describe.each(["dvvset", "merged"] as const)("resurrected in %s", (mode) => {
  test("D-4.1-8 stays silent about tombstones that go when nothing older is left, and about what comes after", () => {
    const { world } = deleted(mode);
    collect(world);
    world.write("c", "two");
    world.oracle.finish({ settled: true });
    expect(world.found).toEqual([]);
  });

  test("finds tombstones that go while a node holds the deleted value, in a row or in a hint", () => {
    for (const spot of [{ node: "c" }, { node: "d", owner: "c" }]) {
      const { world, old } = deleted(mode);
      if (spot.owner === undefined) world.rollBack(spot, old);
      else world.store(spot, old);
      world.remove({ node: "a" });
      expect(world.found).toEqual(CHECK);
    }
  });

  test("K-12 finds a deleted value that is there again", () => {
    const { world, old } = deleted(mode);
    collect(world);
    world.store({ node: "b" }, old);
    expect(world.found).toEqual(CHECK);
  });

  test("lets a primary write over tombstones that another has removed already", () => {
    const { world } = deleted(mode);
    world.remove({ node: "a" });
    const id = world.askWrite("b", "two");
    world.mint({ node: "b" }, "two");
    world.sync({ node: "b" });
    world.store({ node: "c" }, world.at({ node: "b" }));
    world.done(id);
    expect(world.found).toEqual([]);
  });

  test("K-12 lets tombstones go where only what was written since is left, by a primary that had removed them", () => {
    const { world } = deleted(mode);
    world.remove({ node: "a" });
    const id = world.askWrite("a", "two");
    world.mint({ node: "a" }, "two");
    world.remove({ node: "b" });
    world.sync({ node: "a" });
    world.store({ node: "c" }, world.at({ node: "a" }));
    world.done(id);
    expect(world.found).toEqual([]);
  });

  test("K-12 finds a deleted value that is left beside one written since", () => {
    const { world, old } = deleted(mode);
    world.rollBack({ node: "a" }, old);
    world.askWrite("a", "two");
    world.mint({ node: "a" }, "two");
    world.remove({ node: "b" });
    expect(world.found).toEqual(CHECK);
  });

  test("finds a row with a value that is removed", () => {
    const world = new HandMadeWorld(mode);
    world.write("a", "one");
    world.remove({ node: "a" });
    expect(world.found).toEqual(["version-dropped"]);
  });
});
