import { describe, expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const CHECK = "acknowledged-write-unseen";
const ALL = { looks: ["a", "b", "c"] };

/** A write that was acknowledged with this W; a and b hold it. */
function written(world: HandMadeWorld, value: string, w = 2): number {
  const id = world.askWrite("a", value, { w });
  const siblings = world.mint({ node: "a" }, value);
  world.sync({ node: "a" });
  world.store({ node: "b" }, siblings);
  return id;
}

/** A read that finds nothing. */
function missed(world: HandMadeWorld, r = 2): void {
  world.show(world.askRead("c", { ...ALL, r }), world.versioning.empty);
}

describe.each(["dvvset", "merged"] as const)("acknowledged-write-unseen in %s", (mode) => {
  test("finds a read with R + W > N that misses a write acknowledged before it", () => {
    const world = new HandMadeWorld(mode, { strict: true });
    world.done(written(world, "one"));
    world.show(world.askRead("c", ALL), world.at({ node: "a" }));
    expect(world.found).toEqual([]);
    missed(world);
    expect(world.found).toContain(CHECK);
  });

  test("finds it where there is no node beside the primaries, too", () => {
    for (const n of [4, 5]) {
      const world = new HandMadeWorld(mode, { n });
      world.done(written(world, "one", 3));
      missed(world, 3);
      expect(world.found.includes(CHECK)).toBe(n === 5);
    }
  });

  test("is content with what superseded the write", () => {
    const world = new HandMadeWorld(mode, { strict: true });
    world.done(written(world, "one"));
    world.write("a", "two", world.read(world.at({ node: "a" })));
    world.show(world.askRead("c", ALL), world.at({ node: "c" }));
    expect(world.found).not.toContain(CHECK);
  });

  test("asks for no write that was acknowledged after the read began, or never", () => {
    const world = new HandMadeWorld(mode, { strict: true });
    const write = written(world, "one");
    const read = world.askRead("c", ALL);
    world.done(write);
    world.show(read, world.versioning.empty);
    world.refused(written(world, "two"));
    world.show(world.askRead("c", ALL), { payloads: [], clock: world.versioning.empty.clock });
    expect(world.oracle.violations.filter(({ check }) => check === CHECK)).toHaveLength(1);
  });

  test("promises nothing where R + W is no more than N", () => {
    const world = new HandMadeWorld(mode, { strict: true });
    world.done(written(world, "one", 1));
    missed(world);
    expect(world.found).not.toContain(CHECK);
  });

  test("promises nothing where fallbacks may stand in", () => {
    const world = new HandMadeWorld(mode);
    world.done(written(world, "one"));
    missed(world);
    expect(world.found).not.toContain(CHECK);
  });

  test("keeps its promise where the key moves to others, as long as all of the cluster's W hold it", () => {
    for (const movingW of [2, 3, undefined]) {
      const world = new HandMadeWorld(mode, { strict: true, ...(movingW && { movingW }) });
      world.done(written(world, "one"));
      world.moveTo(["b", "c", "d", "e"]);
      missed(world);
      expect(world.found.includes(CHECK)).toBe(movingW === 2);
    }
  });

  test("promises nothing to a coordinator that has not heard of the ring in force", () => {
    for (const hasHeard of [false, true]) {
      const world = new HandMadeWorld(mode, { strict: true, movingW: 2 });
      world.moveTo(["b", "c", "d", "e", "a"]);
      world.done(written(world, "one"));
      if (!hasHeard) world.believed.set("c", ["a", "b", "c", "d", "e"]);
      missed(world);
      expect(world.found.includes(CHECK)).toBe(hasHeard);
    }
  });

  test("nor of a write of fewer than the cluster's W whose coordinator has not", () => {
    for (const [w, hasHeard] of [
      [1, false],
      [1, true],
      [2, false],
    ] as const) {
      const world = new HandMadeWorld(mode, { strict: true, movingW: 2 });
      world.moveTo(["b", "c", "d", "e", "a"]);
      if (!hasHeard) world.believed.set("a", ["a", "b", "c", "d", "e"]);
      world.done(written(world, "one", w));
      missed(world, 3);
      expect(world.found.includes(CHECK)).toBe(w === 2 || hasHeard);
    }
  });

  test("promises nothing of a key once a primary lost what it had on its disk", () => {
    for (const kept of [true, false]) {
      const world = new HandMadeWorld(mode, { strict: true, lossless: false });
      world.done(written(world, "one"));
      world.crash("a", kept ? [{ node: "a" }] : []);
      missed(world);
      expect(world.found.includes(CHECK)).toBe(kept);
    }
  });

  test("promises nothing of a write that was acknowledged before members changed, and all of one after", () => {
    const world = new HandMadeWorld(mode, { strict: true });
    world.done(written(world, "one"));
    world.removeMember("e", ["c", "d", "a", "b"]);
    world.show(world.askRead("c", { looks: ["c", "d"] }), world.versioning.empty);
    expect(world.found).toEqual([]);
    const id = world.askWrite("c", "two");
    const siblings = world.mint({ node: "c" }, "two");
    world.sync({ node: "c" });
    world.store({ node: "d" }, siblings);
    world.done(id);
    world.show(world.askRead("a", { looks: ["a", "c"] }), world.at({ node: "a" }));
    expect(world.found).toContain(CHECK);
  });

  test("leaves out writes of which nobody knows which dot is theirs", () => {
    const world = new HandMadeWorld(mode, { strict: true });
    world.askWrite("b", "same");
    world.done(written(world, "same"));
    missed(world);
    expect(world.found).not.toContain(CHECK);
  });
});
