import { expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

test("finds a node that keeps a connection on which nothing came back for too long", () => {
  const world = new HandMadeWorld("dvvset");
  world.oracle.sentIntoSilence("a", "b", 1_500);
  expect(world.found).toEqual([]);
  world.oracle.sentIntoSilence("a", "b", 1_501);
  expect(world.found).toEqual(["silent-connection"]);
});
