import { expect, test } from "vitest";
import { HandMadeWorld } from "./testing/hand-made-world.ts";

const CHECK = ["stand-in-late"];

/**
 * Five nodes, three of them primaries, of which these are healthy. Stand-ins come every 100 ms, answers within 20 ms, those of
 * writes within 30 ms.
 */
function worldOf(healthy: string, options: { strict?: boolean; ownersCoordinate?: boolean } = {}) {
  const world = new HandMadeWorld("dvvset", options);
  world.isCalm = (node, peer) => healthy.includes(node) && healthy.includes(peer);
  return world;
}

function readAfter(world: HandMadeWorld, waitedMs: number, r = 2): readonly string[] {
  const id = world.askRead("a", { r });
  world.nowMs += waitedMs;
  world.refused(id);
  return world.found;
}

test("D-5-6 finds a read that waits for the silent while enough are healthy", () => {
  expect(readAfter(worldOf("ad"), 119)).toEqual([]);
  expect(readAfter(worldOf("ad"), 121)).toEqual(CHECK);
});

test("gives it a round more where one slot alone may be silent", () => {
  expect(readAfter(worldOf("ade"), 219, 3)).toEqual([]);
  expect(readAfter(worldOf("ade"), 221, 3)).toEqual(CHECK);
});

test("is content where too few are healthy, or the coordinator is not", () => {
  expect(readAfter(worldOf("a"), 900)).toEqual([]);
  expect(readAfter(worldOf("bcde"), 900)).toEqual([]);
});

test("counts primaries only where the quorum is strict, and they need no stand-ins", () => {
  expect(readAfter(worldOf("ade", { strict: true }), 900)).toEqual([]);
  expect(readAfter(worldOf("ab", { strict: true }), 19)).toEqual([]);
  expect(readAfter(worldOf("ab", { strict: true }), 21)).toEqual(CHECK);
});

test("wants nodes that were healthy for long enough before", () => {
  for (const [troubleMs, found] of [
    [5_999, CHECK],
    [6_001, []],
  ] as const) {
    const world = new HandMadeWorld("dvvset");
    world.nowMs = 7_000;
    world.isCalm = (_node, _peer, sinceMs) => troubleMs < sinceMs;
    expect(readAfter(world, 500)).toEqual(found);
  }
});

test("finds a write of a primary, and does not judge one that may have been forwarded", () => {
  for (const [node, waitedMs, found, ownersCoordinate] of [
    ["a", 129, [], true],
    ["a", 131, CHECK, true],
    ["d", 900, [], true],
    ["a", 900, [], false],
  ] as const) {
    const world = worldOf("abd", { ownersCoordinate });
    const id = world.askWrite(node, "one");
    world.nowMs += waitedMs;
    world.refused(id);
    expect(world.found).toEqual(found);
  }
});
