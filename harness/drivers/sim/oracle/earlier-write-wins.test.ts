import { expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const CHECK = ["earlier-write-wins"];

test("checkLastWrite() finds a row that takes an earlier write, and is content with a later one", () => {
  for (const isLater of [true, false]) {
    const world = new HandMadeWorld("lww");
    const [first, second] = isLater ? [1_000, 2_000] : [2_000, 1_000];
    world.askWrite("a", "one");
    world.mint({ node: "a" }, "one", { wallMs: first });
    world.askWrite("b", "two");
    world.mint({ node: "b" }, "two", { wallMs: second });
    world.put({ node: "a" }, world.at({ node: "b" }), undefined);
    expect(world.found).toEqual(isLater ? [] : CHECK);
  }
});

test("checkLastWrite() finds one of two writes of equal stamps that wins on one node only", () => {
  const world = new HandMadeWorld("lww");
  world.askWrite("a", "one");
  world.mint({ node: "a" }, "one", { wallMs: 1_000 });
  world.askWrite("b", "two");
  world.mint({ node: "b" }, "two", { wallMs: 1_000 });
  const earlier = world.at({ node: "a" });
  world.put({ node: "a" }, world.at({ node: "b" }), undefined);
  expect(world.found).toEqual([]);
  world.put({ node: "b" }, earlier, undefined);
  expect(world.found).toEqual(CHECK);
});
