import { describe, expect, test } from "vitest";
import type { Siblings } from "../../../../src/causality/versioning.ts";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const CHECK = ["read-without-quorum"];
const LOSSLESS = ["dvvset", "merged"] as const;

/** A write that b holds, and d as a hint for a. */
function hinted(world: HandMadeWorld): Siblings {
  const id = world.askWrite("b", "one");
  const siblings = world.mint({ node: "b" }, "one");
  world.sync({ node: "b" });
  world.store({ node: "d", owner: "a" }, siblings);
  world.done(id);
  return siblings;
}

describe.each(LOSSLESS)("read-without-quorum in %s (D-4.5-6)", (mode) => {
  test("finds an answer for which a silent node counted as one that holds nothing", () => {
    const world = new HandMadeWorld(mode);
    world.writeAtTwo("one");
    world.show(world.askRead("c", { looks: ["c"] }), world.versioning.empty);
    expect(world.found).toEqual(CHECK);
  });

  test.each([
    ["what one of the R nodes holds", "b", (world: HandMadeWorld) => world.writeAtTwo("one")],
    ["the hint that a fallback keeps", "d", hinted],
  ])("finds an answer that leaves out %s", (_what, holder, write) => {
    for (const shown of [false, true]) {
      const world = new HandMadeWorld(mode);
      const siblings = write(world);
      const id = world.askRead("c", { looks: ["c", holder] });
      world.show(id, shown ? siblings : world.versioning.empty);
      expect(world.found).toEqual(shown ? [] : CHECK);
    }
  });

  test.each([
    ["own row", { node: "b" }, "b", (world: HandMadeWorld) => world.writeAtTwo("one")],
    ["hint", { node: "d", owner: "a" }, "d", hinted],
  ])("finds a garbled %s that passes for none", (_what, spot, holder, write) => {
    for (const shown of [false, true]) {
      const world = new HandMadeWorld(mode, { lossless: false });
      const siblings = write(world);
      world.damage(spot);
      const id = world.askRead("c", { looks: ["c", holder] });
      world.show(id, shown ? siblings : world.versioning.empty);
      expect(world.found).toEqual(shown ? [] : CHECK);
    }
  });

  test("asks for nothing more of a garbled row once another took its place", () => {
    const world = new HandMadeWorld(mode, { lossless: false });
    world.writeAtTwo("one");
    world.damage({ node: "b" });
    const id = world.askRead("c", { looks: ["c", "b"] });
    world.askWrite("b", "two");
    const siblings = world.mint({ node: "b" }, "two");
    world.show(id, siblings);
    expect(world.found).toEqual([]);
  });

  test("finds an answer that counted for two", () => {
    const world = new HandMadeWorld(mode);
    const siblings = world.writeAtTwo("one");
    world.show(world.askRead("a", { looks: ["a", "a"] }), siblings);
    expect(world.found).toEqual(CHECK);
  });

  test("counts fallbacks, but not where the quorum is strict", () => {
    for (const strict of [false, true]) {
      const world = new HandMadeWorld(mode, { strict });
      world.show(world.askRead("c", { looks: ["c", "d"] }), world.versioning.empty);
      expect(world.found).toEqual(strict ? CHECK : []);
    }
  });

  test("counts who was a primary when a strict read began, or is one for its coordinator, who has not heard of the ring in force", () => {
    for (const when of ["before", "heard", "behind"]) {
      const world = new HandMadeWorld(mode, { strict: true, movingW: 2 });
      const moves = () => world.moveTo(["c", "d", "e", "a", "b"]);
      if (when !== "before") moves();
      if (when === "behind") world.believed.set("c", ["a", "b", "c", "d", "e"]);
      const id = world.askRead("c", { looks: ["c", "b"] });
      if (when === "before") moves();
      world.show(id, world.versioning.empty);
      expect(world.found).toEqual(when === "heard" ? CHECK : []);
    }
  });

  test("asks for no more than a node held at its first look", () => {
    const world = new HandMadeWorld(mode);
    const id = world.askRead("c", { looks: ["c", "b"] });
    world.writeAtTwo("one");
    world.look("b");
    world.show(id, world.versioning.empty);
    expect(world.found).toEqual([]);
  });

  test("does not count a look before the read, or for another read of the key", () => {
    const world = new HandMadeWorld(mode);
    const early = world.askRead("c", { looks: ["b", "c"] });
    world.show(early, world.versioning.empty);
    expect(world.found).toEqual([]);
    world.show(world.askRead("c", { looks: ["c"] }), world.versioning.empty);
    expect(world.found).toEqual(CHECK);
  });

  test("forgives a node that lost a row after it looked: a hint was delivered, or it died", () => {
    for (const lose of [
      (world: HandMadeWorld) => world.remove({ node: "d", owner: "a" }),
      (world: HandMadeWorld) => world.rollBack({ node: "d", owner: "a" }, undefined),
      (world: HandMadeWorld) => world.crash("d", []),
    ]) {
      const world = new HandMadeWorld(mode, { lossless: false });
      hinted(world);
      const id = world.askRead("c", { looks: ["c", "d"] });
      lose(world);
      world.show(id, world.versioning.empty);
      expect(world.found).toEqual([]);
    }
  });

  test("says nothing of a read that was refused, or whose coordinator died", () => {
    const world = new HandMadeWorld(mode);
    world.writeAtTwo("one");
    world.refused(world.askRead("c", { looks: [] }));
    world.askRead("c", { looks: ["c"] });
    world.crash("c", []);
    expect(world.found).toEqual([]);
  });
});

test("in a mode that loses writes it still takes R nodes that look", () => {
  const world = new HandMadeWorld("lww");
  world.writeAtTwo("one");
  world.show(world.askRead("c", { looks: ["c", "b"] }), world.versioning.empty);
  expect(world.found).toEqual([]);
  world.show(world.askRead("c", { looks: ["c"] }), world.versioning.empty);
  expect(world.found).toEqual(CHECK);
});
