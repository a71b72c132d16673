import { describe, expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const LOSSLESS = ["dvvset", "merged"] as const;
const CHECK = ["version-dropped"];

describe.each(LOSSLESS)("version-dropped in %s", (mode) => {
  test("finds a row replaced by a concurrent one, and is content with the merge", () => {
    for (const merges of [false, true]) {
      const world = twoWrites(mode);
      if (merges) world.store({ node: "b" }, world.at({ node: "a" }));
      else world.put({ node: "b" }, world.at({ node: "a" }), undefined);
      expect(world.found).toEqual(merges ? [] : CHECK);
    }
  });

  test("finds a row of a lost range that goes before all who own the key now hold it", () => {
    for (const holders of [
      ["b", "c"],
      ["b", "c", "d"],
    ]) {
      const world = new HandMadeWorld(mode, { movingW: 2 });
      world.write("a", "one");
      world.moveTo(["b", "c", "d", "e", "a"]);
      for (const node of holders) world.store({ node }, world.at({ node: "a" }));
      world.remove({ node: "a" });
      expect(world.found).toEqual(holders.includes("d") ? [] : CHECK);
    }
  });

  test("a hint may go to an owner that has lost the key, where that one hands on what it has", () => {
    for (const movingW of [2, undefined]) {
      const world = new HandMadeWorld(mode, movingW === undefined ? {} : { movingW });
      world.write("a", "one");
      world.store({ node: "e", owner: "c" }, world.at({ node: "a" }));
      world.moveTo(["a", "b", "d", "e", "c"]);
      world.store({ node: "c" }, world.at({ node: "a" }));
      world.remove({ node: "e", owner: "c" });
      expect(world.found).toEqual(movingW === undefined ? CHECK : []);
    }
  });

  test("finds a row that goes although its node owns the key, or is about to", () => {
    for (const next of [undefined, ["b", "c", "a", "d", "e"]]) {
      const world = new HandMadeWorld(mode, { movingW: 2 });
      world.write("a", "one");
      for (const node of ["b", "c", "d"]) world.store({ node }, world.at({ node: "a" }));
      if (next === undefined) world.moveTo(["a", "b", "c", "d", "e"]);
      else world.moveTo(["b", "c", "d", "e", "a"], next);
      world.remove({ node: "a" });
      expect(world.found).toEqual(CHECK);
    }
  });

  test("finds a version dropped by a write whose client had not seen it", () => {
    for (const hasSeen of [false, true]) {
      const world = new HandMadeWorld(mode);
      world.write("a", "one");
      const context = world.read(world.at({ node: "a" }));
      // What the node uses is the context; what the client sent is something less.
      const token = hasSeen ? world.token(context) : "";
      world.askWrite("a", "two", { context: token });
      world.mint({ node: "a" }, "two", { context });
      expect(world.found).toEqual(hasSeen ? [] : CHECK);
    }
  });

  test("stays silent where replicas take over what superseded several writes in a row", () => {
    const world = new HandMadeWorld(mode);
    world.write("a", "one");
    const behind = world.at({ node: "a" });
    for (const [index, value] of ["two", "three", "four"].entries()) {
      const context = world.read(world.at({ node: "a" }));
      const node = ["b", "c", "a"][index] ?? "a";
      world.write(node, value, context);
    }
    world.store({ node: "d", owner: "b" }, behind);
    world.store({ node: "d", owner: "b" }, world.at({ node: "a" }));
    expect(world.at({ node: "d", owner: "b" }).payloads).toHaveLength(1);
    expect(world.found).toEqual([]);
  });

  test("takes equal payloads of several clients together: what any of their contexts covered", () => {
    const world = new HandMadeWorld(mode);
    world.write("a", "one");
    const context = world.read(world.at({ node: "a" }));
    world.askWrite("b", "same");
    world.askWrite("a", "same", { context: world.token(context) });
    world.mint({ node: "a" }, "same", { context });
    expect(world.found).toEqual([]);
  });

  test("stays silent about deletes, and about puts over them", () => {
    const world = new HandMadeWorld(mode);
    world.write("a", "one");
    world.write("b", undefined, world.read(world.at({ node: "b" })));
    world.write("c", undefined, world.read(world.at({ node: "c" })));
    world.write("a", "two", world.read(world.at({ node: "a" })));
    expect(world.at({ node: "b" }).payloads).toHaveLength(1);
    expect(world.found).toEqual([]);
  });

  test("stays silent about a write that was lost and rolled back", () => {
    const world = new HandMadeWorld(mode);
    world.write("a", "one");
    const before = world.at({ node: "a" });
    world.askWrite("a", "two");
    world.mint({ node: "a" }, "two");
    world.rollBack({ node: "a" }, before);
    expect(world.found).toEqual([]);
  });

  test("stays silent about what a crash took: undurable rows of a disk, all of a memory", () => {
    const synced = new HandMadeWorld(mode);
    synced.askWrite("a", "one");
    synced.mint({ node: "a" }, "one");
    synced.crash("a", []);
    expect(synced.found).toEqual([]);

    const memory = new HandMadeWorld(mode, { synced: false, lossless: false });
    memory.write("a", "one");
    memory.crash("a", []);
    memory.write("a", "two");
    expect(memory.found).toEqual([]);
  });

  test("finds a row of a node's own that is removed", () => {
    const world = twoWrites(mode);
    world.remove({ node: "a" });
    expect(world.found).toEqual(CHECK);
  });

  test("D-4.6-4 lets a hint go once its owner has it durable, and finds one that goes before", () => {
    for (const delivery of ["none", "visible", "durable"]) {
      const world = new HandMadeWorld(mode);
      world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.store({ node: "d", owner: "b" }, siblings);
      if (delivery === "visible") world.put({ node: "b" }, siblings, undefined);
      if (delivery === "durable") world.store({ node: "b" }, siblings);
      world.remove({ node: "d", owner: "b" });
      expect(world.found).toEqual(delivery === "durable" ? [] : CHECK);
    }
  });

  test("lets a hint go whose owner holds something newer, and finds one whose owner holds something else", () => {
    const world = twoWrites(mode);
    world.store({ node: "d", owner: "b" }, world.at({ node: "b" }));
    const context = world.read(world.at({ node: "b" }));
    world.askWrite("b", "three", { context: world.token(context) });
    world.mint({ node: "b" }, "three", { context });
    world.sync({ node: "b" });
    world.remove({ node: "d", owner: "b" });
    expect(world.found).toEqual([]);

    world.store({ node: "e", owner: "b" }, world.at({ node: "a" }));
    world.remove({ node: "e", owner: "b" });
    expect(world.found).toEqual(CHECK);
  });

  test("judges no hint whose owner's disk has lost what it had promised to keep, or garbled it", () => {
    for (const loss of ["none", "replaced", "garbled"]) {
      const world = new HandMadeWorld(mode);
      world.askWrite("a", "one");
      const siblings = world.mint({ node: "a" }, "one");
      world.store({ node: "d", owner: "b" }, siblings);
      if (loss !== "none") world.store({ node: "b" }, siblings);
      if (loss === "replaced") world.crash("b", []);
      if (loss === "garbled") world.damage({ node: "b" });
      world.remove({ node: "d", owner: "b" });
      expect(world.found).toEqual(loss === "none" ? CHECK : []);
    }
  });

  test("judges no hint where the owner may have lost it", () => {
    const world = new HandMadeWorld(mode, { synced: false, lossless: false });
    world.askWrite("a", "one");
    const siblings = world.mint({ node: "a" }, "one");
    world.store({ node: "d", owner: "b" }, siblings);
    world.store({ node: "b" }, siblings);
    world.crash("b", []);
    world.remove({ node: "d", owner: "b" });
    expect(world.found).toEqual([]);
  });
});

test("version-dropped says which node, write and row, in a violation whose kind names none of them", () => {
  const world = twoWrites("dvvset");
  world.put({ node: "b" }, world.at({ node: "a" }), undefined);
  const [violation] = world.oracle.violations;
  expect(violation?.anomaly).toBe("a row lost a version that nothing in it supersedes");
  expect(violation?.detail).toMatch(
    /^Node b dropped write 1 of the key \(dot 1 of b\/\S+\) from its own row, /,
  );
});

test("in merged a false sibling may stay, and goes with all others", () => {
  const world = new HandMadeWorld("merged");
  world.write("a", "one");
  const context = world.read(world.at({ node: "a" }));
  world.write("b", "two");
  // Has seen one and not two: the vector does not cover, so both stay, one falsely.
  world.write("c", "three", context);
  expect(world.at({ node: "c" }).payloads).toHaveLength(3);
  world.write("a", "four", world.read(world.at({ node: "a" })));
  expect(world.at({ node: "b" }).payloads).toHaveLength(1);
  expect(world.found).toEqual([]);
});

test("a row that is no row of the mode is found", () => {
  const world = new HandMadeWorld("dvvset");
  const strange = new HandMadeWorld("merged");
  strange.mint({ node: "a" }, "one");
  const key = Buffer.concat([Buffer.from([0, 3]), world.key]);
  world.oracle.rowsWritten("a", [{ table: "records", key, value: Buffer.from([9, 9]) }]);
  expect(world.found).toEqual(["row-unreadable"]);
});

/** Concurrent writes that have not met: one at node a, two at node b. */
function twoWrites(mode: "dvvset" | "merged"): HandMadeWorld {
  const world = new HandMadeWorld(mode);
  for (const [node, value] of [
    ["a", "one"],
    ["b", "two"],
  ] as const) {
    world.askWrite(node, value);
    world.mint({ node }, value);
    world.sync({ node });
  }
  return world;
}

test("version-dropped judges no delivered hint whose owner kept nothing and has died since", () => {
  for (const died of [true, false]) {
    const world = new HandMadeWorld("dvvset", { synced: false });
    const siblings = twoWrites("dvvset").at({ node: "a" });
    world.store({ node: "d", owner: "b" }, siblings);
    if (died) world.crash("b", []);
    world.remove({ node: "d", owner: "b" });
    expect(world.found).toEqual(died ? [] : CHECK);
  }
});

test("version-dropped judges no delivered hint whose owner is one that the plan wipes and has died since", () => {
  for (const [wiped, died] of [
    ["b", true],
    ["b", false],
    ["c", true],
  ] as const) {
    const world = new HandMadeWorld("dvvset", { destroyed: [wiped] });
    const siblings = twoWrites("dvvset").at({ node: "a" });
    world.store({ node: "d", owner: "b" }, siblings);
    if (died) world.crash("b", []);
    world.remove({ node: "d", owner: "b" });
    expect(world.found).toEqual(wiped === "b" && died ? [] : CHECK);
  }
});

test("D-4.6-8 a hint of a node that left goes once all who took over have it durable, and not before", () => {
  for (const lacking of [undefined, "a", "c", "e"]) {
    const world = new HandMadeWorld("dvvset");
    const siblings = world.writeAtTwo("one");
    world.store({ node: "d", owner: "c" }, siblings);
    world.store({ node: "e", owner: "b" }, siblings);
    world.crash("a", lacking === "a" ? [] : [{ node: "a" }]);
    world.removeMember("b", ["e", "c", "a", "d"]);
    for (const node of ["e", "c"]) if (node !== lacking) world.store({ node }, siblings);
    world.remove({ node: "e", owner: "b" });
    // A node whose disk forgot is not asked.
    expect(world.found).toEqual(lacking === undefined || lacking === "a" ? [] : CHECK);
    // That of a node that is still an owner goes to it alone.
    world.remove({ node: "d", owner: "c" });
    expect(world.found).toEqual(lacking === undefined || lacking === "a" ? [] : CHECK);
  }
});

test("D-4.6-8 a hint of a node that others took over from is judged as that of one that left", () => {
  for (const isDelivered of [true, false]) {
    const world = new HandMadeWorld("dvvset");
    const siblings = world.writeAtTwo("one");
    world.store({ node: "d", owner: "c" }, siblings);
    world.removeMember("e", ["a", "b", "d", "c"]);
    if (isDelivered) world.store({ node: "d" }, siblings);
    else world.store({ node: "c" }, siblings);
    world.remove({ node: "d", owner: "c" });
    expect(world.found).toEqual(isDelivered ? [] : CHECK);
  }
});
