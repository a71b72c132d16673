import { describe, expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const CHECK = "not-taken-over";
const MOVED = ["b", "c", "d", "e"];

/** A write that was acknowledged with this W; a and b hold it. */
function written(world: HandMadeWorld, w = 2) {
  const id = world.askWrite("a", "one", { w });
  const siblings = world.mint({ node: "a" }, "one");
  world.sync({ node: "a" });
  world.store({ node: "b" }, siblings);
  world.done(id);
  return siblings;
}

describe.each(["dvvset", "merged"] as const)("not-taken-over in %s", (mode) => {
  test("finds a new owner without a write that was acknowledged, and not one that received it", () => {
    for (const isReceived of [false, true]) {
      const world = new HandMadeWorld(mode, { strict: true, movingW: 2 });
      const siblings = written(world);
      if (isReceived) world.store({ node: "d" }, siblings);
      world.moveTo(MOVED);
      expect(world.found.includes(CHECK)).toBe(!isReceived);
    }
  });

  test("is content with what superseded the write", () => {
    const world = new HandMadeWorld(mode, { strict: true, movingW: 2 });
    written(world);
    const newer = world.mint({ node: "b" }, "two", {
      context: world.read(world.at({ node: "b" })),
    });
    world.sync({ node: "b" });
    world.store({ node: "d" }, newer);
    world.moveTo(MOVED);
    expect(world.found).not.toContain(CHECK);
  });

  test("asks for no write with a W below the cluster's own, which new owners need not have received", () => {
    const world = new HandMadeWorld(mode, { strict: true, movingW: 3 });
    written(world);
    world.moveTo(MOVED);
    expect(world.found).not.toContain(CHECK);
  });

  test("asks for none that was acknowledged by a sloppy quorum", () => {
    const world = new HandMadeWorld(mode, { movingW: 2 });
    written(world);
    world.moveTo(MOVED);
    expect(world.found).not.toContain(CHECK);
  });

  test("asks for none of a key of which a node lost what it had promised to keep", () => {
    const world = new HandMadeWorld(mode, { strict: true, movingW: 2 });
    written(world);
    world.oracle.rowsReplaced("a", []);
    world.moveTo(MOVED);
    expect(world.found).not.toContain(CHECK);
  });
});
