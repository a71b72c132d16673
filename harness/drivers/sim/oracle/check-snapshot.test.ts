import { describe, expect, test } from "vitest";
import type { Siblings } from "../../../../src/causality/versioning.ts";
import type { TakenPartition } from "./check-snapshot.ts";
import { checkSnapshot, NO_CONTENT } from "./check-snapshot.ts";
import { plainText } from "./plain-text.ts";
import { checkHeld, heldRows } from "./snapshot-lacks-row.ts";
import { HandMadeWorld } from "./testing/hand-made-world.ts";
import { Violations } from "./violations.ts";

const LATER: TakenPartition = { begunMs: 100, missing: [], coversFromW: 3 };

/** What is found in a snapshot that holds `content` of the world's key. */
function found(
  world: HandMadeWorld,
  content: Siblings | undefined,
  taken: Partial<TakenPartition> = {},
  nodesDestroyed: number | undefined = 0,
): readonly string[] {
  const violations = new Violations(() => world.nowMs);
  const held =
    content === undefined
      ? NO_CONTENT
      : { payloads: new Set(content.payloads.map(plainText)), clock: content.clock };
  const options = { tellsCausality: true, nodesDestroyed };
  for (const state of world.oracle.states) {
    checkSnapshot(state, { ...LATER, ...taken }, { content: held, options }, violations);
  }
  return violations.first.map(({ check }) => check);
}

describe("D-6.2-8 checkSnapshot()", () => {
  test("finds an acknowledged write that is missing, and no other", () => {
    const world = new HandMadeWorld("dvvset");
    const first = world.writeAtTwo("one");
    expect(found(world, undefined)).toEqual(["snapshot-lacks-write"]);
    expect(found(world, first)).toEqual([]);
    expect(found(world, undefined, { begunMs: 5 })).toEqual([]);
    world.write("a", "two", first.clock);
    expect(found(world, world.held("a"))).toEqual([]);
  });

  test("counts the nodes that were missing, or lost their data, against the write's own W", () => {
    const world = new HandMadeWorld("dvvset");
    world.writeAtTwo("one");
    expect(found(world, undefined, { missing: ["a"] })).toEqual(["snapshot-lacks-write"]);
    expect(found(world, undefined, { missing: ["a", "b"] })).toEqual([]);
    expect(found(world, undefined, {}, 2)).toEqual([]);
    expect(found(world, undefined, { coversFromW: null })).toEqual([]);
  });

  test("holds a snapshot to its own claim, also where that is more than the missing nodes allow", () => {
    const world = new HandMadeWorld("dvvset");
    world.writeAtTwo("one");
    const missing = ["a", "b"];
    const claiming = (coversFromW: number) => found(world, undefined, { missing, coversFromW });
    expect(claiming(3)).toEqual([]);
    expect(claiming(2)).toEqual(["snapshot-lacks-write"]);
  });

  test("counts a missing node that was a primary, of strict writes too, and no other", () => {
    for (const missing of ["a", "b", "e"]) {
      const world = new HandMadeWorld("dvvset", { strict: true, movingW: 2 });
      const id = world.askWrite("a", "one", { w: 1 });
      world.mint({ node: "a" }, "one");
      world.sync({ node: "a" });
      world.done(id);
      world.moveTo(["b", "c", "d", "a", "e"]);
      const isPromised = missing === "e";
      expect(found(world, undefined, { missing: [missing] })).toEqual(
        isPromised ? ["snapshot-lacks-write"] : [],
      );
    }
  });

  test("finds a value that nobody wrote", () => {
    const world = new HandMadeWorld("dvvset");
    world.writeAtTwo("one");
    const other = new HandMadeWorld("dvvset");
    expect(found(world, other.writeAtTwo("another"))).toContain("snapshot-from-nowhere");
  });
});

describe("D-6.2-8 checkHeld()", () => {
  function heldFound(
    between: (world: HandMadeWorld, lives: Map<string, number>) => void,
    missing: readonly string[] = [],
  ): readonly string[] {
    const world = new HandMadeWorld("dvvset");
    const siblings = world.writeAtTwo("one");
    world.store({ node: "d", owner: "c" }, siblings);
    world.sync({ node: "d", owner: "c" });
    const lives = new Map([..."abde"].map((node): [string, number] => [node, 1]));
    const lifeOf = (node: string) => lives.get(node);
    const rows = heldRows(world.oracle.states, lifeOf);
    between(world, lives);
    const violations = new Violations(() => world.nowMs);
    for (const row of rows) {
      checkHeld(row, { clock: NO_CONTENT.clock, missing }, lifeOf, violations);
    }
    return violations.first.map(({ detail }) => detail.split(" held ")[0] ?? "");
  }

  test("finds a row that was there all the time, hints of an owner that is down among them", () => {
    expect(heldFound(() => {})).toEqual(["Node a", "Node b", "Node d"]);
    expect(heldFound(() => {}, ["a", "b", "c"])).toEqual(["Node d"]);
  });

  test("says nothing of rows that went, of nodes that began another life, and of owners that came back", () => {
    const others = ["a", "b"];
    const gone = heldFound((world) => world.remove({ node: "d", owner: "c" }), others);
    expect(gone).toEqual([]);
    expect(heldFound((_world, lives) => lives.set("a", 2))).toEqual(["Node b", "Node d"]);
    expect(heldFound((_world, lives) => lives.set("c", 1), [...others, "c"])).toEqual([]);
  });
});
