/** How long clocks get: one entry for each node that coordinated a key's writes (paper 4.4), read off the rows of every node. */
import { expect, test } from "vitest";
import { SeededRandom } from "../base/seeded-random.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { recordOf } from "../replica/row.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";
import { suspectEverybody } from "./testing/suspect-everybody.ts";

const N = 3;
const MODES = ["dvvset", "vector-clock", "vector-clock-max"] as const;

test.each(MODES)(
  "D-4.4-9 in mode %s a clock has at most N entries while all are healthy, and one more for each stand-in",
  async (versioning) => {
    const world = await ClusterWorld.start(5, { versioning });
    const random = new SeededRandom(1);
    for (let write = 0; write < 60; write += 1) await updateAt(world, random.pick(world.names));
    const healthy = await clockLengths(world, versioning);
    expect(healthy.length).toBeGreaterThanOrEqual(N);
    expect(new Set(healthy)).toEqual(new Set([N]));

    const [a = "", b = "", ...others] = world.preferenceList("k");
    const [, d = ""] = others;
    world.partition([a, b], others);
    await suspectEverybody(world, d, [a, b]);
    await updateAt(world, d);
    world.heal();
    await world.pass(5_000);
    await updateAt(world, a);
    expect(new Set(await clockLengths(world, versioning))).toEqual(new Set([N + 1]));
  },
);

async function updateAt(world: ClusterWorld, name: string): Promise<void> {
  const { context } = await world.read(name, "k");
  expect(await world.write(name, "k", "v", context)).toBe(204);
  await world.pass(20);
}

/** Of each row that any node holds. */
async function clockLengths(
  world: ClusterWorld,
  mode: (typeof MODES)[number],
): Promise<readonly number[]> {
  const lengths: number[] = [];
  for (const { engine } of world.nodes.values()) {
    for (const { value } of await engine.scan("records", { limit: 10 })) {
      lengths.push(versioningFor(mode).decode(recordOf(value ?? new Uint8Array(0))).clock.size);
    }
  }
  return lengths;
}
