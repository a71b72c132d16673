import { expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const CHECK = ["write-minted-twice"];

test("MintWatch finds one request that two nodes coordinate, and is content with two requests", () => {
  for (const requests of [1, 2]) {
    const world = new HandMadeWorld("dvvset");
    for (let count = 0; count < requests; count += 1) world.askWrite("a", "one");
    world.mint({ node: "a" }, "one");
    world.mint({ node: "b" }, "one");
    expect(world.found).toEqual(requests === 1 ? CHECK : []);
  }
});

test("MintWatch finds a second version even after its request was answered", () => {
  const world = new HandMadeWorld("dvvset");
  world.write("a", "one");
  world.mint({ node: "d", owner: "b" }, "one");
  expect(world.found).toEqual(CHECK);
});
