import { describe, expect, test } from "vitest";
import { HandMadeWorld, payloadOf } from "./testing/hand-made-world.ts";

const LOSSLESS = ["dvvset", "merged"] as const;

describe.each(LOSSLESS)("dot-issued-twice in %s", (mode) => {
  test("D-4.4-11, K-6 finds a node that mints the same dot for another payload after a crash", () => {
    const world = new HandMadeWorld(mode);
    const actor = world.freshActor("a");
    world.askWrite("a", "one");
    const first = world.mint({ node: "a" }, "one", { actor });
    world.store({ node: "b" }, first);
    world.crash("a", []);
    world.askWrite("a", "two");
    world.mint({ node: "a" }, "two", { actor });
    expect(world.found).toContain("dot-issued-twice");
  });

  test("finds a dot minted again for an equal payload by a later life", () => {
    const world = new HandMadeWorld(mode);
    const actor = world.freshActor("a");
    world.askWrite("a", "one");
    world.mint({ node: "a" }, "one", { actor });
    world.crash("a", []);
    world.askWrite("a", "one");
    world.mint({ node: "a" }, "one", { actor });
    expect(world.oracle.violations).toMatchObject([
      {
        check: "dot-issued-twice",
        anomaly: "a dot was minted again in a later life of its row",
        timeMs: 7,
        key: "cart",
      },
    ]);
  });

  test("stays silent about a merge that read its row before the disk garbled it", () => {
    const world = new HandMadeWorld(mode);
    world.askWrite("a", "one");
    const actor = world.freshActor("a");
    const own = world.mint({ node: "a" }, "one", { actor });
    world.askWrite("b", "two");
    const other = world.mint({ node: "b" }, "two");
    world.damage({ node: "a" });
    world.put({ node: "a" }, world.versioning.merge(own, other), actor);
    expect(world.found).toEqual([]);
  });

  test("finds an actor that counts on from an older row", () => {
    const world = new HandMadeWorld(mode);
    const actor = world.freshActor("a");
    world.askWrite("a", "one");
    const older = world.mint({ node: "a" }, "one", { actor });
    world.sync({ node: "a" });
    world.askWrite("a", "two");
    world.mint({ node: "a" }, "two");
    world.rollBack({ node: "a" }, older, actor);
    world.askWrite("a", "three");
    world.mint({ node: "a" }, "three");
    expect(world.found).toEqual(["dot-issued-twice"]);
  });

  test("stays silent where the new life mints under a fresh actor and gets the old dot back from a peer", () => {
    const world = new HandMadeWorld(mode);
    world.askWrite("a", "one");
    const first = world.mint({ node: "a" }, "one");
    world.store({ node: "b" }, first);
    world.crash("a", []);
    world.askWrite("a", "two");
    world.mint({ node: "a" }, "two");
    world.store({ node: "a" }, first);
    expect(world.at({ node: "a" }).payloads).toHaveLength(2);
    expect(world.found).toEqual([]);
  });

  test("stays silent where a row that kept its actor is sent its own lost dot", () => {
    const world = new HandMadeWorld(mode);
    const actor = world.freshActor("a");
    world.askWrite("a", "one");
    const older = world.mint({ node: "a" }, "one", { actor });
    world.sync({ node: "a" });
    world.askWrite("a", "two");
    const newer = world.mint({ node: "a" }, "two");
    world.rollBack({ node: "a" }, older, actor);
    world.store({ node: "a" }, newer);
    expect(world.found).toEqual([]);
  });
});

test("K-2 the paper's clocks issue dots twice, which is counted and no violation", () => {
  const world = new HandMadeWorld("vector-clock");
  const context = world.versioning.empty.clock;
  const actor = world.freshActor("a");
  for (const value of ["one", "two"]) {
    // Each node mints from the same context and under one actor: the second knows nothing of the first (K-2).
    const node = value === "one" ? "a" : "b";
    world.askWrite(node, value);
    const mint = { actor, wallMs: 1 };
    const { versioning } = world;
    const siblings = versioning.update(versioning.empty, context, payloadOf(value), mint);
    world.put({ node }, siblings, actor);
  }
  expect(world.oracle.dotsIssuedTwiceByDesign).toBe(1);
  expect(world.found).toEqual([]);
});
