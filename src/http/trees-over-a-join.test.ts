/*
 * Aim: what a join costs in hash trees (paper 4.7, 6.2). Method: this store's strategy 3 is counted in a real cluster on virtual time, by the rows that are
 * read to make trees; strategy 1 in a small model with the same keys, nodes and number of tokens.
 */
import { expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { rangesGained } from "../ring/range-movements.ts";
import { joinUnderStrategyOne } from "../ring/testing/strategy-one.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { ClusterWorld, memberOfPlace } from "./testing/cluster-world.ts";
import { brokenRanges, metricOf, N, Operator, SETTINGS } from "./testing/operated-world.ts";

const NODES = 4;
const PARTITIONS = 64;
const TOKENS = PARTITIONS / NODES;
const KEYS = Array.from({ length: 400 }, (_, number) => `key ${number}`);
const VERIFY_MS = 30_000;

test("D-4.7-5 K-19 a join makes no tree anew and reads no key for one, where strategy 1 changes N times T ranges and more", async () => {
  const settings = { ...SETTINGS, partitions: PARTITIONS, verifyTreesMs: VERIFY_MS };
  const world = await ClusterWorld.start(NODES, settings, 1);
  const operator = new Operator(world);
  await world.startNode("n5", new MemoryEngine());
  const members = [...world.names, "n5"];
  await world.pass(1_000);
  for (const key of KEYS) expect(await world.write("n1", key, key)).toBe(204);
  const before = world.at("n1").node.ring();
  const read = () => ({
    passes: metricOf(world, "ringside_merkle_passes_total"),
    rows: metricOf(world, "ringside_merkle_rows_read_total"),
  });
  const builtBy = read();
  // Each node has made its trees once, from a folder that was empty.
  expect(builtBy).toEqual({ passes: members.length, rows: 0 });
  await operator.order("n1", "join", memberOfPlace("n5"));
  await operator.until(members);
  await operator.untilCleared(members);
  const after = read();
  const gained = rangesGained(before, world.at("n1").node.ring(), N);
  const moved = [...gained.values()].reduce((sum, { length }) => sum + length, 0);
  const one = joinUnderStrategyOne(KEYS.map(utf8Bytes), {
    nodeCount: NODES,
    tokenCount: TOKENS,
    n: N,
    seed: 1,
  });
  expect({
    "strategy 1": one,
    "strategy 3, here": {
      rangesMovedWhole: moved,
      treesMade: after.passes - builtBy.passes,
      keysScanned: after.rows - builtBy.rows,
    },
  }).toEqual({
    "strategy 1": { rangesChanged: 60, treesMade: 66, keysScanned: 350 },
    "strategy 3, here": { rangesMovedWhole: 37, treesMade: 0, keysScanned: 0 },
  });
  // Those that the newcomer keeps, and those whose bounds its tokens moved.
  expect(one.rangesChanged).toBeGreaterThanOrEqual(N * TOKENS);
  // The trees that were kept, cut down and filled on the way are those that the rows give.
  await world.pass(VERIFY_MS);
  expect(metricOf(world, "ringside_merkle_passes_total")).toBe(2 * members.length);
  expect(metricOf(world, "ringside_merkle_drift_total")).toBe(0);
  expect(await brokenRanges(world, members)).toEqual([]);
});
