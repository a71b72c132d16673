/* Aim: a read of "at least this" shows it or says so (K-15); one that ignores not found believes no fallback (K-22). */
import { describe, expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

describe("read-below-known", () => {
  test.each([
    ["shows what its client knows", true, false, []],
    ["says that it does not", false, true, []],
    ["falls short in silence", false, false, ["read-below-known"]],
    ["complains without cause", true, true, ["read-below-known"]],
  ] as const)("a read that %s", (_what, isShown, isStale, found) => {
    const world = new HandMadeWorld("dvvset");
    const known = world.mint({ node: "a" }, "one");
    const id = world.askRead("e", { context: world.token(known.clock) });
    const { payloads, clock } = isShown ? known : world.versioning.empty;
    world.show(id, { payloads, clock, isStale });
    expect(world.found.filter((check) => check === "read-below-known")).toEqual(found);
  });
});

describe("read-without-quorum where not found is ignored", () => {
  test.each([
    ["the primaries", ["a", "b", "c"], []],
    ["two of them and a fallback", ["a", "b", "d"], ["read-without-quorum"]],
    ["fallbacks", ["c", "d", "e"], ["read-without-quorum"]],
  ] as const)("absent on the word of %s", (_who, looks, found) => {
    const world = new HandMadeWorld("dvvset");
    const id = world.askRead("e", { looks, ignoresNotFound: true });
    world.show(id, world.versioning.empty);
    expect(world.found).toEqual(found);
  });

  test("takes R values, one of them a hint, and a primary's word beside fewer", () => {
    for (const looks of [
      ["a", "d"],
      ["a", "b", "c"],
    ]) {
      const world = new HandMadeWorld("dvvset");
      world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.store({ node: "d", owner: "b" }, siblings);
      world.show(world.askRead("e", { looks, ignoresNotFound: true }), siblings);
      expect(world.found).toEqual([]);
    }
  });

  test("counts a value that came after its node's first look, where the answer shows it", () => {
    for (const isShown of [true, false]) {
      const world = new HandMadeWorld("dvvset");
      const id = world.askRead("e", { looks: ["a"], r: 1, ignoresNotFound: true });
      world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.look("a");
      world.show(id, isShown ? siblings : world.versioning.empty);
      expect(world.found).toEqual(isShown ? [] : ["read-without-quorum"]);
    }
  });
});
