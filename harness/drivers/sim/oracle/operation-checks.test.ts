/* Aim: a write that its client named is one write, however often it is sent (K-11). */
import { describe, expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const NAMED = { operation: "operation-number-1" };

/** One write, asked for twice under these names, and minted by these two nodes. */
function sentTwice(names: readonly string[], [first, second]: readonly [string, string]) {
  const world = new HandMadeWorld("dvvset");
  for (const operation of names) world.askWrite("a", "one", { operation });
  const one = world.mint({ node: first }, "one");
  const other = world.mint({ node: second }, "one");
  return { world, both: world.versioning.merge(one, other) };
}

describe("write-minted-again", () => {
  test("finds a node that makes a named write again while it holds it", () => {
    expect(sentTwice(["x", "x"], ["a", "a"]).world.found).toEqual(["write-minted-again"]);
  });

  test("finds one that holds it for another node", () => {
    const world = new HandMadeWorld("dvvset");
    for (let count = 0; count < 2; count += 1) world.askWrite("a", "one", NAMED);
    world.store({ node: "d", owner: "b" }, world.mint({ node: "a" }, "one"));
    world.mint({ node: "d", owner: "c" }, "one");
    expect(world.found).toEqual(["write-minted-again"]);
  });

  test("says nothing of two names, of two nodes that know nothing of each other, of none", () => {
    expect(sentTwice(["x", "y"], ["a", "a"]).world.found).toEqual([]);
    expect(sentTwice(["x", "x"], ["a", "b"]).world.found).toEqual([]);
    const world = new HandMadeWorld("dvvset");
    for (let count = 0; count < 2; count += 1) world.askWrite("a", "one");
    for (let count = 0; count < 2; count += 1) world.mint({ node: "a" }, "one");
    expect(world.found).toEqual([]);
  });
});

describe("write-shown-twice", () => {
  test("finds a named write that one answer shows as two versions, and not two writes of one value", () => {
    for (const [names, found] of [
      [["x", "x"], ["write-shown-twice"]],
      [["x", "y"], []],
    ] as const) {
      const { world, both } = sentTwice(names, ["a", "b"]);
      world.show(world.askRead("e", { looks: ["a", "b"] }), both);
      expect(world.found).toEqual(found);
    }
  });

  test("is content with one of them under the context of both", () => {
    const { world, both } = sentTwice(["x", "x"], ["a", "b"]);
    const once = { payloads: both.payloads.slice(0, 1), clock: both.clock };
    world.show(world.askRead("e", { looks: ["a", "b"] }), once);
    expect(world.found).toEqual([]);
  });
});

describe("a retry that finds itself", () => {
  test("is acknowledged by the copies of its first attempt, and by no fewer than W", () => {
    for (const copies of [2, 1]) {
      const world = new HandMadeWorld("dvvset");
      world.askWrite("a", "one", NAMED);
      const siblings = world.mint({ node: "a" }, "one");
      world.sync({ node: "a" });
      const retry = world.askWrite("b", "one", NAMED);
      if (copies === 2) world.store({ node: "b" }, siblings);
      world.done(retry);
      expect(world.found).toEqual(copies === 2 ? [] : ["acknowledged-without-quorum"]);
    }
  });

  test("does not lend its dot to another write of the value", () => {
    const world = new HandMadeWorld("dvvset");
    world.write("a", "one");
    world.done(world.askWrite("b", "one", NAMED));
    expect(world.found).toEqual(["acknowledged-without-quorum"]);
  });
});

describe("overwritten-shown", () => {
  /** A write that was made at `a`, replaced there, and made again at `b` by a retry; in one record. */
  function madeAgain(names: readonly [string, string]) {
    const world = new HandMadeWorld("dvvset");
    world.askWrite("a", "one", { operation: names[0] });
    const first = world.mint({ node: "a" }, "one");
    const context = world.token(first.clock);
    world.askWrite("a", "two", { context, operation: "operation-number-2" });
    const second = world.mint({ node: "a" }, "two", { context: first.clock });
    world.askWrite("b", "one", { operation: names[1] });
    const again = world.mint({ node: "b" }, "one");
    return { world, both: world.versioning.merge(second, again) };
  }

  test("finds a write that is back beside what overwrote it", () => {
    const { world, both } = madeAgain(["x", "x"]);
    world.show(world.askRead("e", { looks: ["a", "b"] }), both);
    expect(world.found).toEqual(["overwritten-shown"]);
  });

  /** So many names of operations, or as many times one. */
  function listed(count: number, isOne = false): Uint8Array {
    const list = Buffer.alloc(8 * count);
    for (let at = 0; at < count && !isOne; at += 1) list.writeUInt32LE(at, 8 * at);
    return list;
  }

  test("D-4.4-12 counts one that more others had followed than versions list, and excuses no shorter list", () => {
    const { world, both } = madeAgain(["x", "x"]);
    const showWith = (operations: Uint8Array): void =>
      world.show(world.askRead("e", { looks: ["a", "b"] }), {
        payloads: both.payloads,
        clock: both.clock,
        operations,
      });
    showWith(listed(512));
    expect(world.found).toEqual([]);
    expect(world.oracle.forgotten).toMatchObject({ answers: 1, keys: new Set(["cart"]) });
    showWith(listed(511));
    showWith(listed(512, true));
    expect(world.found).toEqual(["overwritten-shown"]);
    expect(world.oracle.violationCount).toBe(2);
    expect(world.oracle.forgotten.answers).toBe(1);
  });

  test("does not take the most that a delete may have superseded for what it did", () => {
    const world = new HandMadeWorld("dvvset");
    world.askWrite("a", "one", { operation: "x" });
    const first = world.mint({ node: "a" }, "one");
    const before = world.askWrite("c", undefined);
    world.askWrite("c", undefined, { context: world.token(first.clock) });
    const deleted = world.mint({ node: "c" }, undefined);
    world.done(before);
    world.askWrite("b", "one", { operation: "x" });
    const again = world.mint({ node: "b" }, "one");
    const all = [first, deleted, again].reduce(world.versioning.merge);
    world.show(world.askRead("e", { looks: ["a", "b", "c"] }), {
      clock: all.clock,
      payloads: again.payloads,
    });
    expect(world.found).not.toContain("overwritten-shown");
  });

  test("is content without it under the context of both, and with the same value of another write", () => {
    const { world, both } = madeAgain(["x", "x"]);
    const shown = {
      payloads: both.payloads.filter((each) => isText(each, "two")),
      clock: both.clock,
    };
    world.show(world.askRead("e", { looks: ["a", "b"] }), shown);
    expect(world.found).toEqual([]);
    const other = madeAgain(["x", "y"]);
    other.world.show(other.world.askRead("e", { looks: ["a", "b"] }), other.both);
    expect(other.world.found).toEqual([]);
    const without = { payloads: shown.payloads, clock: other.both.clock };
    other.world.show(other.world.askRead("e", { looks: ["a", "b"] }), without);
    expect(other.world.found).toEqual(["context-covers-unseen"]);
  });
});

function isText(payload: Uint8Array, text: string): boolean {
  return Buffer.from(payload).toString().endsWith(text);
}
