import { describe, expect, test } from "vitest";
import { concatBytes } from "../../../../src/base/bytes.ts";
import type { VersioningMode } from "../../../../src/causality/versioning.ts";
import { encodeRow } from "../../../../src/replica/row.ts";
import { recordRowKey } from "../../../../src/replica/row-keys.ts";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const LOSSLESS = ["dvvset", "merged"] as const;
const SETTLED = { settled: true };
const PRIMARIES = ["a", "b", "c"] as const;

describe.each(LOSSLESS)("acknowledged-write-lost in %s", (mode) => {
  test("stays silent about writes that are there and writes that others superseded", () => {
    const world = new HandMadeWorld(mode);
    for (const [index, value] of ["one", "two", undefined, "four"].entries()) {
      const node = PRIMARIES[index % 3] ?? "a";
      world.write(node, value, world.read(world.at({ node })));
    }
    world.write("a", "beside");
    world.oracle.finish(SETTLED);
    expect(world.found).toEqual([]);
    expect(world.oracle.losses.count).toBe(0);
  });

  test("finds a write that all have forgotten", () => {
    const world = new HandMadeWorld(mode);
    world.write("a", "one");
    for (const node of PRIMARIES) world.crash(node, []);
    world.write("a", "two");
    world.oracle.finish(SETTLED);
    expect(world.found).toEqual(["acknowledged-write-lost"]);
  });

  test("finds a superseded write whose successor is gone, acknowledged or not", () => {
    const world = new HandMadeWorld(mode);
    world.write("a", "one");
    const context = world.read(world.at({ node: "a" }));
    world.askWrite("a", "two", { context: world.token(context) });
    const { clock } = world.mint({ node: "a" }, "two", { context });
    world.sync({ node: "a" });
    // A record that knows of the second write and shows a third that saw neither.
    world.askWrite("a", "three");
    const three = world.versioning.update(
      world.versioning.empty,
      clock,
      world.mint({ node: "d" }, "three").payloads[0] ?? new Uint8Array(0),
      { actor: world.freshActor("a"), wallMs: 1 },
    );
    for (const node of PRIMARIES) world.put({ node }, three, undefined);
    world.oracle.finish({ settled: true });
    expect(world.found).toContain("acknowledged-write-lost");
  });

  test("is a loss and no violation where the plan allows it", () => {
    const world = new HandMadeWorld(mode, { synced: false, lossless: false });
    world.write("a", "one");
    for (const node of PRIMARIES) world.crash(node, []);
    world.write("a", "two");
    world.oracle.finish(SETTLED);
    expect(world.found).toEqual([]);
    expect(world.oracle.losses.count).toBeGreaterThan(0);
    expect(world.oracle.losses.examples[0]).toMatch(/^Request 1 at node a for key cart /);
  });

  test("looks at hints too where the cluster did not settle, and only then", () => {
    for (const settled of [true, false]) {
      const world = new HandMadeWorld(mode);
      const id = world.askWrite("d", "one", { w: 1 });
      const siblings = world.mint({ node: "d", owner: "a" }, "one");
      world.sync({ node: "d", owner: "a" });
      expect(siblings.payloads).toHaveLength(1);
      world.done(id);
      world.oracle.finish({ settled });
      expect(world.found.includes("acknowledged-write-lost")).toBe(settled);
    }
  });

  test("does not ask for writes that were never acknowledged", () => {
    const world = new HandMadeWorld(mode);
    const id = world.askWrite("a", "one");
    world.mint({ node: "a" }, "one");
    world.refused(id);
    world.crash("a", []);
    world.write("a", "two");
    world.oracle.finish(SETTLED);
    expect(world.found).toEqual([]);
  });
});

describe.each(["vector-clock", "vector-clock-max", "lww"] as const)("loss in %s", (mode) => {
  test("is seen where a value is gone that no later client was shown, and is no violation", () => {
    const world = new HandMadeWorld(mode);
    world.write("a", "one");
    for (const node of PRIMARIES) world.crash(node, []);
    world.write("a", "two");
    world.oracle.finish(SETTLED);
    expect(world.oracle.losses.count).toBe(1);
    expect(world.found).toEqual([]);
  });

  test("is not seen where each value was shown to who replaced it, through a delete too", () => {
    const world = new HandMadeWorld(mode);
    for (const value of ["one", "two", undefined, "four"]) {
      world.write("a", value, world.read(world.at({ node: "a" })));
    }
    world.oracle.finish(SETTLED);
    expect(world.oracle.losses.count).toBe(0);
  });
});

describe.each(["dvvset", "merged", "lww"] as const)("replicas-differ in %s (D-2.3-4)", (mode) => {
  const anomalies = (world: HandMadeWorld): readonly string[] => {
    world.oracle.finish(SETTLED);
    return world.oracle.violations
      .filter((violation) => violation.check === "replicas-differ")
      .map((violation) => violation.anomaly);
  };

  test("stays silent where all primaries hold the same, and about a key that nobody holds", () => {
    const world = settledWorld(mode);
    world.askRead("a");
    expect(anomalies(world)).toEqual([]);
    expect(anomalies(new HandMadeWorld(mode))).toEqual([]);
  });

  test("finds a primary that holds something else", () => {
    const world = settledWorld(mode);
    world.askWrite("a", "two");
    world.mint({ node: "a" }, "two");
    expect(anomalies(world)).toEqual(["the primaries hold different records in the end"]);
  });

  test("finds a primary that holds nothing", () => {
    const world = new HandMadeWorld(mode);
    world.askWrite("a", "one");
    world.store({ node: "b" }, world.mint({ node: "a" }, "one"));
    expect(anomalies(world)).toEqual(["a primary holds no record in the end"]);
  });

  test("finds a hint and a row outside the primaries", () => {
    const world = settledWorld(mode);
    world.store({ node: "d", owner: "a" }, world.at({ node: "a" }));
    world.store({ node: "e" }, world.at({ node: "a" }));
    expect(anomalies(world)).toEqual([
      "a hint is left in the end",
      "a node that is none of the key's primaries holds a row of it",
    ]);
  });

  test("finds no fault with what a node keeps of a key that it was a primary of before members changed", () => {
    const world = settledWorld(mode);
    const siblings = world.at({ node: "a" });
    world.removeMember("b", ["d", "c", "e", "a"]);
    for (const node of ["d", "e"]) world.store({ node }, siblings);
    expect(anomalies(world)).toEqual([]);
  });

  test("asks those that are primaries since members changed, and nobody else, for a record", () => {
    const world = settledWorld(mode);
    world.removeMember("b", ["d", "c", "a", "e"]);
    world.store({ node: "e" }, world.at({ node: "a" }));
    expect(anomalies(world)).toEqual([
      "a node that is none of the key's primaries holds a row of it",
      "a primary holds no record in the end",
    ]);
  });

  test("finds a row that is left where the key moved from, where such rows are handed over", () => {
    for (const movingW of [2, undefined]) {
      const world = settledWorld(mode, movingW === undefined ? {} : { movingW });
      world.store({ node: "d" }, world.at({ node: "a" }));
      world.moveTo(["b", "c", "d", "e", "a"]);
      expect(anomalies(world)).toEqual(
        movingW === undefined
          ? []
          : ["a node that is none of the key's primaries holds a row of it"],
      );
    }
  });

  test("is not asked where the cluster did not settle", () => {
    const world = settledWorld(mode);
    world.store({ node: "d", owner: "a" }, world.at({ node: "a" }));
    world.oracle.finish({ settled: false });
    expect(world.found).toEqual([]);
  });
});

test("violations are counted on where they are no longer kept", () => {
  const world = new HandMadeWorld("dvvset");
  for (let index = 0; index < 80; index += 1) world.done(world.askWrite("a", `${index}`));
  expect(world.oracle.violations).toHaveLength(50);
  expect(world.oracle.violationCount).toBe(80);
});

function settledWorld(
  mode: VersioningMode,
  options: ConstructorParameters<typeof HandMadeWorld>[1] = {},
): HandMadeWorld {
  const world = new HandMadeWorld(mode, options);
  world.write("a", "one");
  return world;
}

test("finish() finds a record that the nodes' own rules cannot read", () => {
  const world = new HandMadeWorld("vector-clock-max");
  const { versioning, key } = world;
  const good = versioning.encode(world.mint({ node: "a" }, "one"));
  const headBytes = versioning.encode(versioning.empty).length - 1;
  const version = good.subarray(headBytes + 1);
  // Its only version twice: two in its grammar, and by the rules none covers another.
  const record = concatBytes([good.subarray(0, headBytes), Uint8Array.of(2), version, version]);
  const value = encodeRow({ localActor: undefined, record });
  world.oracle.rowsWritten("b", [{ table: "records", key: recordRowKey(3, key), value }]);
  expect(world.found).toEqual([]);
  world.oracle.finish(SETTLED);
  expect(world.found).toContain("row-unreadable");
});

test("finish() takes the loss of a write whose own W is within what the plan destroys for allowed", () => {
  for (const w of [1, 2]) {
    const world = new HandMadeWorld("dvvset", { synced: false, nodesDestroyed: 1 });
    const id = world.askWrite("a", "one", { w });
    world.mint({ node: "a" }, "one");
    if (w === 2) world.store({ node: "b" }, world.at({ node: "a" }));
    world.done(id);
    world.crash("a", []);
    if (w === 2) world.put({ node: "b" }, world.versioning.empty, undefined);
    world.oracle.finish({ settled: false });
    expect(world.found).toEqual(w === 2 ? ["version-dropped", "acknowledged-write-lost"] : []);
    expect(world.oracle.losses.count > 0).toBe(w === 1);
  }
});
