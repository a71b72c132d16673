/*
 * Aim: points of the catalogue mean what they say. Method: scripts of a whole cluster in which one knows what happens, and
 * the counts of the points that must and must not have been reached. How many are reached at all is for the simulation.
 */
import { expect, test } from "vitest";
import type { ReachablePoint, SometimesPoint } from "../env/catalogue.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

type Point = ReachablePoint | SometimesPoint;

function reached(world: ClusterWorld, point: Point): number {
  let count = 0;
  for (const { environment } of world.nodes.values())
    count += environment.assertions.countOf(point);
  return count;
}

const TROUBLE: readonly Point[] = [
  "a read asked a stand-in for a silent replica",
  "a write asked a stand-in for a silent replica",
  "a write missed W at its deadline",
  "a forwarded write was lost",
  "a hint was stored for an owner without one",
  "a peer counted as down",
  "a connection was dropped for silence",
  "a replica failed to serve a peer",
];

test("D-3.3-1 a healthy cluster reaches no point of trouble, and forwards once at most", async () => {
  const world = await ClusterWorld.start(5);
  for (const name of world.names) expect(await world.write(name, "k", name)).toBe(204);
  expect((await world.read("n1", "k")).values).toHaveLength(5);
  await world.pass(2_000);
  expect(TROUBLE.filter((point) => reached(world, point) > 0)).toEqual([]);
  expect(reached(world, "a write was forwarded and confirmed")).toBe(2);
  expect(reached(world, "a read found concurrent versions")).toBe(1);
});

test("D-5-6 an owner that is cut off gets its hint later, and the points tell the way", async () => {
  const world = await ClusterWorld.start(5);
  const [a = "", b = "", ...others] = world.preferenceList("k");
  world.partition([b], [a, ...others]);
  expect(await world.write(a, "k", "during")).toBe(204);
  await world.pass(2_000);
  expect(reached(world, "a write asked a stand-in for a silent replica")).toBe(1);
  expect(reached(world, "a hint was stored for an owner without one")).toBe(1);
  expect(reached(world, "a hint was delivered to its owner")).toBe(0);
  world.heal();
  await world.pass(10_000);
  expect(reached(world, "a hint was delivered to its owner")).toBe(1);
  expect((await world.own(b, "k")).digest).toBe((await world.own(a, "k")).digest);
});

test("a read that finds a replica without the key repairs it as one that answered not found", async () => {
  const world = await ClusterWorld.start(3, { quorum: "strict" });
  const [a = "", b = "", c = ""] = world.preferenceList("k");
  world.partition([c], [a, b]);
  // A short deadline: the coordinator keeps the hint, and the read comes before it is delivered.
  expect(await world.write(a, "k", "v", "", "?timeoutMs=40")).toBe(204);
  world.heal();
  await world.pass(300);
  await world.read(a, "k", "?r=3");
  await world.pass(300);
  expect(reached(world, "a coordinator kept a hint itself")).toBe(1);
  const older = reached(world, "a read repaired a replica with older versions");
  const without = reached(world, "a read repaired a replica that answered not found");
  expect([older, without]).toEqual([0, 1]);
});
