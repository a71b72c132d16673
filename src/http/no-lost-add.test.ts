/**
 * The main promise in small: clients add items to shared carts by read, union and write while links are cut at random; after
 * healing every acknowledged item is there. Five real nodes on virtual time, many seeds; the same test must fail
 * where the versions are ordered by the paper's plain vector clocks or by time alone.
 */
import { describe, expect, test } from "vitest";
import { SeededRandom } from "../base/seeded-random.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

const KEYS = ["cart-1", "cart-2"];
const ROUNDS = 25;
const CLIENTS = 4;

describe("D-4.4-10 no acknowledged add is lost", () => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed))("dvvset, seed %i", async (seed) => {
    expect(await lostAdds("dvvset", seed)).toEqual([]);
  });

  test.each(Array.from({ length: 4 }, (_, seed) => seed))("merged, seed %i", async (seed) => {
    expect(await lostAdds("merged", seed)).toEqual([]);
  });

  test.each(["vector-clock", "vector-clock-max", "lww"])("%s loses some", async (versioning) => {
    let lost = 0;
    for (let seed = 0; seed < 3; seed++) lost += (await lostAdds(versioning, seed)).length;
    expect(lost).toBeGreaterThan(0);
  });
});

async function lostAdds(versioning: string, seed: number): Promise<string[]> {
  const random = new SeededRandom(seed);
  const world = await ClusterWorld.start(5, { versioning });
  const acknowledged = new Map<string, string[]>(KEYS.map((key) => [key, []]));
  for (let round = 0; round < ROUNDS; round++) {
    cutSomeLinks(world, random);
    const adds = Array.from({ length: CLIENTS }, async (_, client) => {
      const key = random.pick(KEYS);
      const item = `${round}.${client}`;
      const done = await addItem(world, random.pick(world.names), key, item);
      if (done) acknowledged.get(key)?.push(item);
    });
    await Promise.all(adds);
    await world.pass(random.integer(150));
  }
  world.heal();
  await world.pass(6_000);
  const lost: string[] = [];
  for (const key of KEYS) {
    const { values } = await world.read(random.pick(world.names), key, "?r=3");
    const present = new Set(values.flatMap((value) => value.split(" ")));
    lost.push(...(acknowledged.get(key) ?? []).filter((item) => !present.has(item)));
  }
  expect(acknowledged.get("cart-1")?.length).toBeGreaterThan(5);
  return lost;
}

/** Read, union, write with the context: the paper's cart. True where the write was acknowledged. */
async function addItem(
  world: ClusterWorld,
  node: string,
  key: string,
  item: string,
): Promise<boolean> {
  const { status, values, context } = await world.read(node, key);
  if (status === 503) return false;
  const items = new Set(values.flatMap((value) => value.split(" ")));
  return (await world.write(node, key, [...items, item].join(" "), context)) === 204;
}

function cutSomeLinks(world: ClusterWorld, random: SeededRandom): void {
  const choice = random.integer(6);
  if (choice === 0) world.heal();
  if (choice === 1) {
    const names = random.shuffle(world.names);
    const size = 1 + random.integer(2);
    world.partition(names.slice(0, size), names.slice(size));
  }
  if (choice === 2) {
    const [from = "", to = ""] = random.shuffle(world.names);
    world.cut(from, to);
  }
}
