import { describe, expect, test } from "vitest";
import { EMPTY_CLOCK, HandMadeWorld } from "./testing/hand-made-world.ts";

const MODES = ["dvvset", "merged", "vector-clock-max"] as const;
const CHECK = ["acknowledged-without-quorum"];

describe.each(MODES)("acknowledged-without-quorum in %s (D-4.1-2, D-4.5-5)", (mode) => {
  test("finds one copy where two are needed, and is content with two", () => {
    for (const copies of [1, 2]) {
      const world = new HandMadeWorld(mode);
      const id = world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.sync({ node: "a" });
      if (copies === 2) world.store({ node: "b" }, siblings);
      world.done(id);
      expect(world.found).toEqual(copies === 2 ? [] : CHECK);
    }
  });

  test("finds a copy that is not durable, unless engines promise nothing", () => {
    for (const synced of [true, false]) {
      const world = new HandMadeWorld(mode, { synced });
      const id = world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.store({ node: "b" }, siblings);
      world.done(id);
      expect(world.found).toEqual(synced ? CHECK : []);
    }
  });

  test("counts a hint for its owner, and not beside the owner's own copy", () => {
    for (const owner of ["a", "b"]) {
      const world = new HandMadeWorld(mode);
      const id = world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.sync({ node: "a" });
      world.store({ node: "d", owner }, siblings);
      world.done(id);
      expect(world.found).toEqual(owner === "b" ? [] : CHECK);
    }
  });

  test("counts copies of who was a primary since the write was asked, and not of before", () => {
    for (const movesFirst of [false, true]) {
      const world = new HandMadeWorld(mode, { movingW: 2 });
      const moves = () => {
        world.moveTo(["c", "d", "e", "a", "b"]);
        world.nowMs += 1;
      };
      if (movesFirst) moves();
      const id = world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.sync({ node: "a" });
      world.store({ node: "b" }, siblings);
      if (!movesFirst) moves();
      world.done(id);
      expect(world.found).toEqual(movesFirst ? CHECK : []);
    }
  });

  test("takes a strict write for acknowledged once those who took over have it, whenever it was asked", () => {
    for (const isReceived of [false, true]) {
      const world = new HandMadeWorld(mode, { strict: true, movingW: 2 });
      const id = world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.sync({ node: "a" });
      world.store({ node: "b" }, siblings);
      if (isReceived) world.store({ node: "d" }, siblings);
      world.moveTo(["b", "c", "d", "e"]);
      world.nowMs += 1;
      world.done(id);
      expect(world.found).toEqual(isReceived ? [] : CHECK);
    }
  });

  test("counts no hint where quorums are strict", () => {
    for (const strict of [true, false]) {
      const world = new HandMadeWorld(mode, { strict });
      const id = world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.sync({ node: "a" });
      world.store({ node: "d", owner: "b" }, siblings);
      world.done(id);
      expect(world.found).toEqual(strict ? CHECK : []);
    }
  });

  test("counts a node once, whatever it keeps", () => {
    const world = new HandMadeWorld(mode);
    const id = world.askWrite("a", "one");
    const siblings = world.mint({ node: "a" }, "one");
    world.sync({ node: "a" });
    world.store({ node: "a", owner: "b" }, siblings);
    world.store({ node: "a", owner: "c" }, siblings);
    world.done(id);
    expect(world.found).toEqual(CHECK);
  });

  test("counts no hint for a node that is none of the primaries", () => {
    const world = new HandMadeWorld(mode);
    const id = world.askWrite("a", "one");
    const siblings = world.mint({ node: "a" }, "one");
    world.sync({ node: "a" });
    world.store({ node: "e", owner: "d" }, siblings);
    world.done(id);
    expect(world.found).toEqual(CHECK);
  });

  test("lets a fallback coordinate under a hint, and finds the pairs that stand together", () => {
    const world = new HandMadeWorld(mode);
    const id = world.askWrite("d", "one", { w: 3 });
    const siblings = world.mint({ node: "d", owner: "a" }, "one");
    world.sync({ node: "d", owner: "a" });
    // Node b holds its own copy and a hint for a, so d must stand for a, b for b and e for c.
    world.store({ node: "b", owner: "a" }, siblings);
    world.store({ node: "b" }, siblings);
    world.store({ node: "e", owner: "c" }, siblings);
    world.done(id);
    expect(world.found).toEqual([]);
  });

  test("counts a copy whose node lost it before the answer arrived, and no copy it did not have", () => {
    for (const holdsIt of [true, false]) {
      const world = new HandMadeWorld(mode, { lossless: false });
      const id = world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.sync({ node: "a" });
      if (holdsIt) world.store({ node: "b" }, siblings);
      world.crash("b", []);
      world.done(id);
      expect(world.found).toEqual(holdsIt ? [] : CHECK);
    }
  });

  test("counts rows in which the write is superseded already", () => {
    const world = new HandMadeWorld(mode);
    const first = world.askWrite("a", "one");
    const one = world.mint({ node: "a" }, "one");
    world.sync({ node: "a" });
    world.store({ node: "b" }, one);
    const context = world.read(one);
    world.write("a", "two", context);
    expect(world.at({ node: "b" }).payloads).toHaveLength(1);
    world.done(first);
    expect(world.found).toEqual([]);
  });

  test("counts what survives a crash", () => {
    const world = new HandMadeWorld(mode);
    const id = world.askWrite("a", "one");
    const siblings = world.mint({ node: "a" }, "one");
    world.store({ node: "b" }, siblings);
    world.sync({ node: "a" });
    world.crash("a", [{ node: "a" }]);
    world.done(id);
    expect(world.found).toEqual([]);
  });
});

describe("acknowledged-without-quorum", () => {
  test("finds an acknowledged write that no node ever stored", () => {
    const world = new HandMadeWorld("dvvset");
    world.done(world.askWrite("a", "one"));
    expect(world.oracle.violations.map((violation) => violation.anomaly)).toEqual([
      "a write was acknowledged that no node ever stored",
    ]);
  });

  test("finds one in lww-hybrid too, while clocks are as far apart as those follow, and not in lww", () => {
    for (const [mode, clocksKept, found] of [
      ["lww-hybrid", true, CHECK],
      ["lww-hybrid", false, []],
      ["lww", true, []],
    ] as const) {
      const world = new HandMadeWorld(mode, { clocksKept });
      world.done(world.askWrite("a", "one"));
      expect(world.found).toEqual(found);
    }
  });

  test("takes a retry through another coordinator for either write", () => {
    const world = new HandMadeWorld("merged");
    const first = world.askWrite("a", "one");
    world.mint({ node: "a" }, "one");
    world.sync({ node: "a" });
    world.refused(first);
    const retry = world.askWrite("b", "one");
    const siblings = world.mint({ node: "b" }, "one");
    world.sync({ node: "b" });
    world.store({ node: "c" }, siblings);
    world.done(retry);
    expect(world.found).toEqual([]);
  });

  test("takes equal deletes at once for either", () => {
    const world = new HandMadeWorld("dvvset");
    world.write("a", "one");
    const context = world.read(world.at({ node: "a" }));
    const ids = ["a", "b"].map((node) =>
      world.askWrite(node, undefined, { context: world.token(context) }),
    );
    for (const node of ["a", "b"]) {
      const siblings = world.mint({ node }, undefined, { context });
      world.sync({ node });
      world.store({ node: "c" }, siblings);
    }
    for (const id of ids) world.done(id);
    expect(world.at({ node: "c" }).payloads).toHaveLength(2);
    expect(world.found).toEqual([]);
  });

  test("in lww a later stamp stands for an earlier one, and an earlier one does not", () => {
    for (const wallMs of [5, 20]) {
      const world = new HandMadeWorld("lww");
      world.askWrite("b", "other");
      world.mint({ node: "b" }, "other", { wallMs });
      world.sync({ node: "b" });
      const id = world.askWrite("a", "one");
      world.mint({ node: "a" }, "one", { wallMs: 10, context: EMPTY_CLOCK });
      world.sync({ node: "a" });
      world.done(id);
      expect(world.found).toEqual(wallMs === 20 ? [] : CHECK);
    }
  });
});

test("acknowledged-without-quorum judges no delete of a mode that loses dots where another looks the same", () => {
  const world = new HandMadeWorld("lww");
  const id = world.askWrite("a", undefined);
  world.askWrite("b", undefined);
  world.mint({ node: "b" }, undefined, { wallMs: 2_000 });
  const earlier = world.mint({ node: "a" }, undefined, { wallMs: 1_000 });
  world.sync({ node: "a" });
  world.store({ node: "c" }, earlier);
  world.done(id);
  expect(world.found).toEqual([]);
});

describe("acknowledged-without-quorum where a version stays in place of the write (K-2)", () => {
  /** Clients read what b wrote; then b, c and, told so, a hold what a second client made of it through b. */
  function afterRace(mode: "vector-clock" | "vector-clock-max") {
    const world = new HandMadeWorld(mode);
    world.write("b", "one");
    const context = world.read(world.at({ node: "b" }));
    world.write("b", "two", context);
    const id = world.askWrite("a", "three", { context: world.token(context), operation: "o" });
    return { world, id, context };
  }

  test("takes the version that stayed for the write that left no trace", () => {
    const { world, id, context } = afterRace("vector-clock");
    const before = world.at({ node: "b" });
    expect(world.mint({ node: "b" }, "three", { context }).payloads).toEqual(before.payloads);
    world.done(id);
    expect(world.found).toEqual([]);
  });

  test("does so although another coordinator's attempt shows, on too few nodes", () => {
    const { world, id, context } = afterRace("vector-clock");
    world.mint({ node: "a" }, "three", { context });
    world.sync({ node: "a" });
    world.mint({ node: "b" }, "three", { context });
    world.done(id);
    expect(world.found).toEqual([]);
  });

  test("finds the write where no coordinator can have left it without a trace", () => {
    for (const shows of [true, false]) {
      const world = new HandMadeWorld("vector-clock");
      world.write("b", "one");
      const context = world.read(world.at({ node: "b" }));
      const id = world.askWrite("a", "three", { context: world.token(context) });
      if (shows) {
        world.mint({ node: "a" }, "three", { context });
        world.sync({ node: "a" });
      }
      world.done(id);
      expect(world.found).toEqual(CHECK);
    }
  });

  test("takes the version that stayed under a hint that was delivered meanwhile", () => {
    const world = new HandMadeWorld("vector-clock");
    const first = world.askWrite("d", "one", { w: 1 });
    const one = world.mint({ node: "d", owner: "a" }, "one");
    world.sync({ node: "d", owner: "a" });
    world.done(first);
    const id = world.askWrite("d", "two", { w: 1 });
    world.mint({ node: "d", owner: "a" }, "two");
    world.store({ node: "a" }, one);
    world.remove({ node: "d", owner: "a" });
    world.done(id);
    expect(world.found).toEqual([]);
  });

  test("takes no version of a node that did not look it up", () => {
    const world = new HandMadeWorld("vector-clock");
    world.write("b", "one");
    const id = world.askWrite("a", "two");
    world.mint({ node: "a" }, "two");
    world.sync({ node: "a" });
    world.done(id);
    expect(world.found).toEqual(CHECK);
  });

  test("finds it where the version that stayed is on too few nodes", () => {
    const world = new HandMadeWorld("vector-clock");
    world.write("b", "one");
    const context = world.read(world.at({ node: "b" }));
    world.askWrite("b", "two", { context: world.token(context) });
    world.mint({ node: "b" }, "two", { context });
    world.sync({ node: "b" });
    world.done(world.askWrite("a", "three", { context: world.token(context) }));
    expect(world.found).toEqual(CHECK);
  });

  test("counts the version that stayed where its node lost it before the answer", () => {
    const { world, id, context } = afterRace("vector-clock");
    world.mint({ node: "b" }, "three", { context });
    for (const node of ["a", "b", "c"]) world.crash(node, []);
    world.done(id);
    expect(world.found.includes("acknowledged-without-quorum")).toBe(false);
  });

  test("takes no other version for it where coordinators count from what they hold", () => {
    const { world, id } = afterRace("vector-clock-max");
    world.done(id);
    expect(world.found).toEqual(CHECK);
  });

  test("knows a second coordinator's attempt that shows", () => {
    for (const mode of ["vector-clock", "vector-clock-max"] as const) {
      const world = new HandMadeWorld(mode);
      const id = world.askWrite("a", "one", { operation: "o" });
      world.mint({ node: "a" }, "one");
      world.sync({ node: "a" });
      const second = world.mint({ node: "b" }, "one");
      world.sync({ node: "b" });
      world.store({ node: "c" }, second);
      world.done(id);
      expect(world.found).toEqual([]);
    }
  });
});
