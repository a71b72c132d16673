import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../../../src/base/bytes.ts";
import { EMPTY_CLOCK, HandMadeWorld, payloadOf } from "./testing/hand-made-world.ts";

const LOSSLESS = ["dvvset", "merged"] as const;

describe.each(LOSSLESS)("context-covers-unseen in %s", (mode) => {
  test("finds a version that the context covers and the answer leaves out", () => {
    const world = siblings(mode);
    const { payloads, clock } = world.at({ node: "a" });
    world.show(world.askRead("a"), { payloads, clock });
    expect(world.found).toEqual([]);
    world.show(world.askRead("a"), { payloads: payloads.slice(1), clock });
    expect(world.found).toEqual(["context-covers-unseen"]);
  });

  test("finds it in the answer of a write too, and in every form of several versions", () => {
    for (const accept of ["application/json", "multipart/mixed"]) {
      const world = siblings(mode);
      const id = world.askWrite("a", "three");
      const { payloads, clock } = world.mint({ node: "a" }, "three");
      world.sync({ node: "a" });
      world.store({ node: "b" }, world.at({ node: "a" }));
      world.show(id, { payloads, clock }, accept);
      expect(world.found).toEqual([]);
      world.show(world.askRead("a"), { payloads: payloads.slice(0, 2), clock }, accept);
      expect(world.found).toEqual(["context-covers-unseen"]);
    }
  });

  test("finds a 404 whose context covers a value, and is content where it covers tombstones", () => {
    const world = new HandMadeWorld(mode);
    world.write("a", "one");
    world.write("b", undefined, world.read(world.at({ node: "b" })));
    const { clock } = world.at({ node: "b" });
    world.show(world.askRead("a"), { payloads: [payloadOf(undefined)], clock });
    world.show(world.askRead("a"), { payloads: [], clock: EMPTY_CLOCK });
    expect(world.found).toEqual([]);
    world.write("c", "two");
    const later = world.at({ node: "c" }).clock;
    world.show(world.askRead("a"), { payloads: [payloadOf(undefined)], clock: later });
    expect(world.found).toEqual(["context-covers-unseen"]);
  });

  test("stays silent where the context covers writes superseded by others it covers", () => {
    const world = new HandMadeWorld(mode);
    for (const [index, value] of ["one", "two", "three", "four"].entries()) {
      const node = ["a", "b", "c"][index % 3] ?? "a";
      world.write(node, value, world.read(world.at({ node })));
    }
    world.read(world.at({ node: "a" }));
    expect(world.found).toEqual([]);
  });

  test("finds a superseding write that the context covers and the answer leaves out", () => {
    const world = new HandMadeWorld(mode);
    world.write("a", "one");
    const { payloads } = world.at({ node: "a" });
    world.write("a", "two", world.read(world.at({ node: "a" })));
    const { clock } = world.at({ node: "a" });
    world.show(world.askRead("a"), { payloads, clock });
    expect(world.found).toEqual(["context-covers-unseen"]);
  });

  test("finds a context that is none", () => {
    const world = siblings(mode);
    const headers = { "x-dynamo-context": "AAAA", "content-type": "text/plain" };
    const body = utf8Bytes("one");
    world.oracle.clientAnswered(world.askRead("a"), { status: 200, headers, body });
    expect(world.found).toEqual(["context-covers-unseen"]);
  });
});

describe.each(["dvvset", "merged", "vector-clock", "lww"] as const)("in %s", (mode) => {
  test("answer-from-nowhere finds a value that nobody wrote, or wrote under another type", () => {
    for (const [value, contentType] of [
      ["one", "text/plain"],
      ["two", "text/plain"],
      ["one", "text/html"],
    ] as const) {
      const world = new HandMadeWorld(mode);
      world.write("a", "one");
      const token = world.token(world.at({ node: "a" }).clock);
      const headers = { "x-dynamo-context": token, "content-type": contentType };
      const answer = { status: 200, headers, body: utf8Bytes(value) };
      world.oracle.clientAnswered(world.askRead("a"), answer);
      const isRight = value === "one" && contentType === "text/plain";
      expect(world.found.includes("answer-from-nowhere")).toBe(!isRight);
    }
  });

  test("bad-context-accepted finds a foreign context that was acknowledged, not one that was refused", () => {
    for (const isRefused of [true, false]) {
      const world = new HandMadeWorld(mode);
      world.write("a", "one");
      const foreign = world.token(world.at({ node: "a" }).clock, utf8Bytes("another key"));
      const id = world.askWrite("a", "two", { context: foreign });
      if (isRefused) {
        world.refused(id);
      } else {
        world.mint({ node: "a" }, "two");
        world.sync({ node: "a" });
        world.store({ node: "b" }, world.at({ node: "a" }));
        world.done(id);
      }
      expect(world.found).toEqual(isRefused ? [] : ["bad-context-accepted"]);
    }
  });
});

test("answer-unreadable finds what is not as documented", () => {
  const world = siblings("dvvset");
  const token = world.token(world.at({ node: "a" }).clock);
  const headers = { "x-dynamo-context": token, "content-type": "application/json" };
  const answer = { status: 300, headers, body: utf8Bytes("{}") };
  world.oracle.clientAnswered(world.askRead("a"), answer);
  expect(world.found).toEqual(["answer-unreadable"]);
});

test("an answer to nothing is a mistake of the caller", () => {
  const world = new HandMadeWorld("dvvset");
  expect(() => world.done(12)).toThrow(/^Cannot take an answer to request 12: /);
});

/** Two concurrent versions at all primaries. */
function siblings(mode: "dvvset" | "merged"): HandMadeWorld {
  const world = new HandMadeWorld(mode);
  world.write("a", "one");
  world.write("b", "two");
  return world;
}
