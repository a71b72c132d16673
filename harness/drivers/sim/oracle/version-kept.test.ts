import { expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const CHECK = ["version-kept"];

test("checkKept() finds a version that stays although the write's context covered it", () => {
  for (const usesContext of [false, true]) {
    const world = new HandMadeWorld("dvvset");
    world.write("a", "one");
    const context = world.read(world.at({ node: "a" }));
    world.askWrite("a", "two", { context: world.token(context) });
    world.mint({ node: "a" }, "two", usesContext ? { context } : {});
    expect(world.found).toEqual(usesContext ? [] : CHECK);
  }
});

test("checkKept() is content with concurrent versions, and with those a later write leaves", () => {
  const world = new HandMadeWorld("dvvset");
  world.write("a", "one");
  const context = world.read(world.at({ node: "a" }));
  world.write("b", "two");
  world.write("a", "three", context);
  expect(world.at({ node: "c" }).payloads).toHaveLength(2);
  expect(world.found).toEqual([]);
});

test("checkKept() says nothing where equal payloads leave open which write it was", () => {
  const world = new HandMadeWorld("dvvset");
  world.write("a", "one");
  const context = world.read(world.at({ node: "a" }));
  world.askWrite("b", "same");
  world.askWrite("a", "same", { context: world.token(context) });
  world.mint({ node: "b" }, "same");
  expect(world.found).toEqual([]);
});

test("checkKept() leaves merged vectors alone, which keep false siblings by design (K-5)", () => {
  const world = new HandMadeWorld("merged");
  world.write("a", "one");
  const context = world.read(world.at({ node: "a" }));
  world.write("b", "two");
  world.write("a", "three", context);
  expect(world.found).toEqual([]);
});
