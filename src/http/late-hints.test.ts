/*
 * Aim: no copy of a deleted value that is younger than the grace is met by no tombstone (K-12), where hints come and go
 * between the two times that all nodes agree. Method: a whole cluster on virtual time; a write is under way at the first
 * agreement and leaves a hint, which is delivered just before the second.
 */
import { beforeEach, expect, test } from "vitest";
import { toBase64url, utf8Bytes } from "../base/bytes.ts";
import type { Engine } from "../storage/engine.ts";
import { TABLE_NAMES } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";
import type { HeldPut } from "./testing/hold-next-put.ts";
import { holdNextPut } from "./testing/hold-next-put.ts";

/** Walks come every half of it, so all agree at 4 s, and once more at 12 s. */
const GRACE_MS = 8_000;
const SETTINGS = {
  tombstoneGraceMs: GRACE_MS,
  antiEntropyMs: 0,
  retryDownMs: 200,
  hintScanMs: 500,
};
const KEY = "k";
const PATH = `/kv64/${toBase64url(utf8Bytes(KEY))}`;

let world: ClusterWorld;
let beginMs: number;
let a: string;
let b: string;
let c: string;

const until = (ms: number): Promise<void> => world.pass(beginMs + ms - world.clock.monotonicMs());

/** At 4 s all primaries hold the same tombstone, and `b`, which does not reach `c`, will keep a hint of the value for it. */
beforeEach(async () => {
  world = await ClusterWorld.start(5, SETTINGS);
  beginMs = world.clock.monotonicMs();
  [a = "", b = "", c = ""] = world.preferenceList(KEY);
  await until(3_300);
  world.network.blackHole(world.link(b, c));
  expect(await world.write(b, KEY, "deleted", "", "?quorum=strict&timeoutMs=5000")).toBe(204);
  await until(3_500);
  const { context } = await world.read(a, KEY);
  expect((await world.request(a, "DELETE", PATH, { context })).status).toBe(204);
  expect((await world.status(b)).hints).toBe(0);
  await until(8_500);
  expect((await world.status(b)).hints).toBe(1);
});

test("K-12 a copy of a hint that comes seconds after the hint is gone finds the tombstone", async () => {
  const late = holdNextPut(world.network, world.link(b, c));
  await delivered();
  await until(13_500);
  await arrives(late);
});

test.each(["stopped in order", "crashed"] as const)(
  "K-12 also where the node that had kept it has %s since",
  async (how) => {
    const late = holdNextPut(world.network, world.link(b, c));
    await delivered();
    const { node, engine } = world.at(b);
    const disk = await copyOf(engine);
    // What is written from here on is lost in a crash.
    if (how === "stopped in order") alsoWrites(engine, disk);
    await world.drive(node.stop());
    await world.startNode(b, disk);
    await until(13_500);
    await arrives(late);
  },
);

test("K-12 tombstones go a grace after the hint, when a backup of it is older than that", async () => {
  await delivered();
  const droppedMs = world.clock.monotonicMs() - beginMs;
  await until(droppedMs + GRACE_MS - 100);
  expect(await holderCount()).toBe(3);
  await until(droppedMs + 3 * GRACE_MS);
  expect(await holderCount()).toBe(0);
});

/** `b` reaches `c` again, and its hint goes. */
async function delivered(): Promise<void> {
  world.network.heal(world.link(b, c));
  while ((await world.status(b)).hints > 0) await world.pass(50);
  expect(world.clock.monotonicMs() - beginMs).toBeLessThan(12_000);
}

/** The first copy of the hint; nothing comes of it, and the tombstones go after all. */
async function arrives(late: HeldPut): Promise<void> {
  expect(late.isHeld()).toBe(true);
  late.arrive();
  await world.pass(500);
  expect((await world.read(a, KEY, "?r=3")).values).toEqual([]);
  await world.pass(4 * GRACE_MS);
  expect([await holderCount(), (await world.read(a, KEY)).status]).toEqual([0, 404]);
}

async function holderCount(): Promise<number> {
  let count = 0;
  for (const name of world.names) count += Number((await world.own(name, KEY)).versions > 0);
  return count;
}

async function copyOf(engine: Engine): Promise<MemoryEngine> {
  const copy = new MemoryEngine();
  for (const table of TABLE_NAMES) {
    const entries = await engine.scan(table, { limit: 1_000 });
    if (entries.length > 0) await copy.write(entries.map((entry) => ({ ...entry, table })));
  }
  return copy;
}

/** From now on the copy gets every write as well. */
function alsoWrites(engine: Engine, copy: Engine): void {
  const write = engine.write.bind(engine);
  engine.write = async (writes, options) => {
    await write(writes, options);
    await copy.write(writes);
  };
}
