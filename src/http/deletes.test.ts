/** Deletes from the tombstone to its end, in a whole cluster of real nodes on virtual time (D-4.1-8, K-12). */
import { describe, expect, test } from "vitest";
import { toBase64url, utf8Bytes } from "../base/bytes.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";
import { suspectEverybody } from "./testing/suspect-everybody.ts";

const GRACE_MS = 400;
const SETTINGS = { tombstoneGraceMs: GRACE_MS, hintScanMs: 50, retryDownMs: 50 };

describe("D-4.1-8, K-12 tombstones", () => {
  test("go everywhere once all nodes agreed twice, a grace apart, and not before", async () => {
    const world = await ClusterWorld.start(5, SETTINGS);
    await deleted(world, "k");
    await world.pass(GRACE_MS / 2);
    expect(await holders(world, "k")).toHaveLength(3);
    await world.pass(2 * GRACE_MS);
    expect(await holders(world, "k")).toEqual([]);
    expect((await world.read("n1", "k")).status).toBe(404);
  });

  test("stay for good where the grace is 0", async () => {
    const world = await ClusterWorld.start(3, { ...SETTINGS, tombstoneGraceMs: 0 });
    await deleted(world, "k");
    await world.pass(5 * GRACE_MS);
    expect(await holders(world, "k")).toHaveLength(3);
  });

  test("stay while any node is away, and go once it is back and was brought up to date", async () => {
    const world = await ClusterWorld.start(5, SETTINGS);
    await world.write("n1", "k", "value");
    const [a = "", b = "", c = "", d = "", e = ""] = world.preferenceList("k");
    world.partition([c], [a, b, d, e]);
    const { context } = await world.read(a, "k", "?r=1");
    await world.request(a, "DELETE", path("k"), { context });
    await world.pass(6 * GRACE_MS);
    expect((await holders(world, "k")).length).toBeGreaterThanOrEqual(3);
    world.heal();
    await world.pass(8 * GRACE_MS);
    expect(await holders(world, "k")).toEqual([]);
    for (const name of world.names) expect((await world.read(name, "k")).values).toEqual([]);
  });

  test("stay while a fallback keeps the deleted value for a primary, which would bring it back", async () => {
    // No scan of hints comes in this time, and nobody who keeps one believes its owner down.
    const world = await ClusterWorld.start(5, { ...SETTINGS, hintScanMs: 3_600_000 });
    const [a = "", b = "", c = "", d = ""] = world.preferenceList("k");
    world.partition([c], [a, b]);
    await suspectEverybody(world, a, [c]);
    expect(await world.write(a, "k", "value")).toBe(204);
    await world.pass(200);
    expect((await world.status(d)).hints).toBe(1);
    world.heal();
    await world.pass(1_000);
    const { context } = await world.read(a, "k", "?r=3");
    expect((await world.request(a, "DELETE", path("k"), { context })).status).toBe(204);
    await world.pass(8 * GRACE_MS);
    expect((await world.status(d)).hints).toBe(1);
    expect(await holders(world, "k")).toEqual(expect.arrayContaining([a, b, c]));
  });

  test("a key that was created anew meanwhile is kept, and so are what else it holds", async () => {
    const world = await ClusterWorld.start(5, SETTINGS);
    await deleted(world, "k");
    await world.pass(GRACE_MS);
    expect(await world.write("n2", "k", "again")).toBe(204);
    await world.pass(6 * GRACE_MS);
    expect((await world.read("n3", "k")).values).toEqual(["again"]);
  });

  test("a key created anew after them is no victim of the tombstone that was (doomstone)", async () => {
    const world = await ClusterWorld.start(5, SETTINGS);
    const before = await deleted(world, "k");
    await world.pass(4 * GRACE_MS);
    expect(await world.write("n2", "k", "blind")).toBe(204);
    expect(await world.write("n3", "k", "late", before)).toBe(204);
    await world.pass(4 * GRACE_MS);
    for (const name of world.names) {
      expect((await world.read(name, "k")).values).toEqual(["blind", "late"]);
    }
  });
});

/** Writes and deletes a key; gives the context of the read before the delete. */
async function deleted(world: ClusterWorld, key: string): Promise<string> {
  await world.write("n1", key, "value");
  const { context } = await world.read("n2", key);
  expect((await world.request("n3", "DELETE", path(key), { context })).status).toBe(204);
  return context;
}

async function holders(world: ClusterWorld, key: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of world.names) if ((await world.own(name, key)).versions > 0) found.push(name);
  return found;
}

function path(key: string): string {
  return `/kv64/${toBase64url(utf8Bytes(key))}`;
}
