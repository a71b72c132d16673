/*
 * Aim: what a node has of ranges that it lost comes to each of their owners, then goes, and nothing is lost or brought back by that (paper 4.9).
 * Method: real nodes in one process on virtual time; what a node holds is read off its engine.
 */
import { describe, expect, test } from "vitest";
import { toBase64url, utf8Bytes } from "../base/bytes.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { AddingClients } from "./testing/adding-clients.ts";
import { ClusterWorld, memberOfPlace } from "./testing/cluster-world.ts";
import {
  brokenRanges,
  countOf,
  kill,
  metricOf,
  N,
  Operator,
  rowCount,
  SETTINGS,
} from "./testing/operated-world.ts";

const GRACE_MS = 2_000;
const QUICK = { ...SETTINGS, hintScanMs: 50, retryDownMs: 50 };
const COLLECTING = { ...QUICK, tombstoneGraceMs: GRACE_MS };
const KEYS = Array.from({ length: 120 }, (_, number) => `key ${number}`);

async function writeAll(world: ClusterWorld, keys: readonly string[] = KEYS): Promise<void> {
  for (const key of keys) expect(await world.write("n1", key, key)).toBe(204);
}

async function deleteAll(world: ClusterWorld, through: string): Promise<void> {
  for (const key of KEYS) {
    const { context } = await world.read(through, key);
    const path = `/kv64/${toBase64url(utf8Bytes(key))}`;
    expect((await world.request(through, "DELETE", path, { context })).status).toBe(204);
  }
}

function rowCounts(world: ClusterWorld, names: readonly string[]): Promise<readonly number[]> {
  return Promise.all(names.map((name) => rowCount(world, name)));
}

async function totalRows(world: ClusterWorld, names: readonly string[]): Promise<number> {
  return (await rowCounts(world, names)).reduce((sum, count) => sum + count, 0);
}

describe("after a join", () => {
  test("D-4.9-1 D-4.9-4 former owners hand over and drop what they lost, and each key lies with its N owners alone", async () => {
    const world = await ClusterWorld.start(4, QUICK, 1);
    const operator = new Operator(world);
    await writeAll(world);
    await world.pass(3_000);
    await operator.add("n5", "n1");
    const members = [...world.names, "n5"];
    await operator.until(members);
    expect(await totalRows(world, members)).toBeGreaterThan(N * KEYS.length);
    await operator.untilCleared(members);
    expect(await totalRows(world, members)).toBe(N * KEYS.length);
    expect(await brokenRanges(world, members)).toEqual([]);
    for (const key of KEYS) expect((await world.read("n5", key, "?r=3")).values).toEqual([key]);
    // They were there already, so that only hashes were sent.
    expect(metricOf(world, "ringside_lost_rows_handed_over_total")).toBe(0);
    expect(countOf(world, "a node dropped the rows of a lost range")).toBeGreaterThan(10);
  });

  test("D-4.9-1 nothing is dropped while an owner is down, and all once it is back", async () => {
    const world = await ClusterWorld.start(4, QUICK, 1);
    const operator = new Operator(world);
    await writeAll(world);
    await world.pass(3_000);
    kill(world, undefined, "n2");
    const heard = ["n1", "n3", "n4", "n5"];
    await operator.add("n5", "n1");
    await operator.until([...world.names, "n5"], heard);
    const before = await rowCounts(world, world.names);
    await world.pass(20_000);
    expect(await rowCounts(world, world.names)).toEqual(before);
    expect(metricOf(world, "ringside_lost_rows_dropped_total")).toBe(0);
    world.heal();
    await operator.until([...world.names, "n5"]);
    await world.pass(10_000);
    await operator.untilCleared([...world.names, "n5"]);
    expect(await totalRows(world, [...world.names, "n5"])).toBe(N * KEYS.length);
  });

  test("K-6 a key that is written anew by a node that dropped its row gets a fresh actor", async () => {
    const world = await ClusterWorld.start(4, QUICK, 1);
    const operator = new Operator(world);
    await writeAll(world);
    await operator.add("n5", "n1");
    await operator.until([...world.names, "n5"]);
    await operator.untilCleared([...world.names, "n5"]);
    await operator.remove("n5", "n2");
    await operator.until(world.names);
    // What they lost came back to them; each writes it again, over what it got from others.
    for (const name of world.names) {
      for (const key of KEYS) {
        const { context } = await world.read(name, key);
        expect(await world.write(name, key, `${key} by ${name}`, context)).toBe(204);
      }
    }
    for (const key of KEYS) {
      expect((await world.read("n1", key, "?r=3")).values).toEqual([`${key} by n4`]);
    }
    await operator.untilCleared([...world.names, "n5"]);
    await world.pass(3_000);
    expect(await brokenRanges(world, world.names)).toEqual([]);
    expect(await rowCount(world, "n5")).toBe(0);
  });
});

test("a copy that only an owner had that was cut off, and that the join took the range from, comes to all owners", async () => {
  const alone = "n2";
  const world = new ClusterWorld(4, { ...QUICK, hintsMax: 1 }, 1);
  world.partition(
    [alone],
    world.places.filter((name) => name !== alone),
  );
  for (const name of world.names) await world.startNode(name, new MemoryEngine());
  const operator = new Operator(world);
  const owned = KEYS.filter((key) => world.preferenceList(key).slice(0, N).includes(alone));
  // There is room for one hint, so that the others lie here alone.
  for (const key of owned) expect(await world.write(alone, key, key, "", "?w=1")).toBe(204);
  const rest = ["n1", "n3", "n4", "n5"];
  await operator.add("n5", "n1");
  await operator.until([...world.names, "n5"], rest);
  const lost = owned.filter((key) => !ownersBy(world, "n5", key).includes(alone));
  expect(lost.length).toBeGreaterThan(5);
  world.heal();
  await operator.until([...world.names, "n5"]);
  await operator.untilCleared([...world.names, "n5"]);
  for (const key of lost) expect((await world.read("n1", key, "?r=3")).values).toEqual([key]);
  await world.pass(3_000);
  expect(await brokenRanges(world, [...world.names, "n5"])).toEqual([]);
  expect(metricOf(world, "ringside_lost_rows_handed_over_total")).toBeGreaterThan(5);
});

function ownersBy(world: ClusterWorld, name: string, key: string): readonly string[] {
  return world.at(name).node.ring().preferenceList(utf8Bytes(key)).slice(0, N);
}

describe("a node that leaves", () => {
  test.each([0, 1, 2])(
    "D-4.9-3 under load and a cut hands over all it has and says that it is empty, seed %i",
    async (seed) => {
      const world = await ClusterWorld.start(5, QUICK);
      const operator = new Operator(world);
      const clients = new AddingClients(world, { seed });
      clients.start();
      await world.pass(2_000);
      const [leaver = "", cut = ""] = ["n2", "n3", "n4"].map(
        (_, at) => `n${2 + ((seed + at) % 3)}`,
      );
      world.partition(
        [cut],
        world.names.filter((name) => name !== cut),
      );
      await world.pass(1_000);
      await operator.remove(leaver, "n1");
      await world.pass(3_000);
      world.heal();
      const left = world.names.filter((name) => name !== leaver);
      await operator.until(left);
      await clients.stop();
      await operator.untilCleared(world.names);
      await world.pass(8_000);
      expect(await brokenRanges(world, left)).toEqual([]);
      for (const name of left) expect(await clients.lost(name)).toEqual([]);
      expect(clients.acknowledgedCount).toBeGreaterThan(100);
      expect([await rowCount(world, leaver), await rowCount(world, leaver, "hints")]).toEqual([
        0, 0,
      ]);
      for (const name of world.names) expect((await operator.members(name)).notEmptied).toEqual([]);
    },
  );

  test("D-4.9-3 D-4.9-5 and crashes in the middle of it goes on after its next start", async () => {
    const world = new ClusterWorld(4, { ...QUICK, antiEntropyKeysPerSecond: 20 });
    const engine = new KeptEngine();
    for (const name of world.names) {
      await world.startNode(name, name === "n4" ? engine : new MemoryEngine());
    }
    const operator = new Operator(world);
    await writeAll(world);
    const startCount = await rowCount(world, "n4");
    await operator.remove("n4", "n1");
    await operator.until(["n1", "n2", "n3"]);
    while ((await rowCount(world, "n4")) > startCount / 2) await world.pass(50);
    const crashed = await engine.copy();
    await world.drive(world.at("n4").node.stop());
    expect(await crashed.count("records")).toBeGreaterThan(10);
    expect((await operator.members("n1")).notEmptied).toEqual(["n4"]);
    await world.startNode("n4", crashed);
    await world.pass(2_000);
    await operator.untilCleared(world.names);
    await world.pass(5_000);
    expect(await rowCount(world, "n4")).toBe(0);
    expect((await operator.members("n1")).notEmptied).toEqual([]);
    for (const key of KEYS) expect((await world.read("n1", key, "?r=3")).values).toEqual([key]);
  });
});

describe("D-4.1-8 K-12 tombstones", () => {
  test("of ranges that a join moved go once their former owners hold nothing", async () => {
    const world = await ClusterWorld.start(4, COLLECTING, 1);
    const operator = new Operator(world);
    await writeAll(world);
    await operator.add("n5", "n1");
    const members = [...world.names, "n5"];
    await operator.until(members);
    await deleteAll(world, "n5");
    await world.pass(8 * GRACE_MS);
    expect(await rowCounts(world, members)).toEqual([0, 0, 0, 0, 0]);
  });

  test("stay until a node that left is empty, and what it still has of deleted values does not come back", async () => {
    const world = await ClusterWorld.start(4, COLLECTING);
    const operator = new Operator(world);
    await writeAll(world);
    await world.pass(1_000);
    kill(world, undefined, "n4");
    await operator.remove("n4", "n1");
    const left = ["n1", "n2", "n3"];
    await operator.until(left);
    await deleteAll(world, "n1");
    await world.pass(8 * GRACE_MS);
    expect(await rowCounts(world, left)).toEqual(left.map(() => KEYS.length));
    expect((await operator.members("n2")).notEmptied).toEqual(["n4"]);
    expect(metricOfNode(world, "n2", "ringside_nodes_not_emptied")).toBe(1);
    // It still has the values, as of before they were deleted.
    expect(await rowCount(world, "n4")).toBeGreaterThan(50);
    world.heal();
    await world.pass(3_000);
    await operator.untilCleared(world.names);
    await world.pass(8 * GRACE_MS);
    expect(await rowCounts(world, world.names)).toEqual([0, 0, 0, 0]);
    expect(metricOfNode(world, "n2", "ringside_nodes_not_emptied")).toBe(0);
    for (const key of KEYS) expect((await world.read("n2", key)).status).toBe(404);
  });

  test("outlive a node that joins again before it was empty, with the values that were deleted meanwhile", async () => {
    const world = await ClusterWorld.start(4, COLLECTING);
    const operator = new Operator(world);
    await writeAll(world);
    await world.pass(1_000);
    kill(world, undefined, "n4");
    await operator.remove("n4", "n1");
    await operator.until(["n1", "n2", "n3"]);
    await deleteAll(world, "n1");
    world.heal();
    expect((await operator.order("n1", "join", memberOfPlace("n4"))).status).toBe(200);
    expect(await rowCount(world, "n4")).toBeGreaterThan(50);
    expect((await operator.members("n1")).notEmptied).toEqual(["n4"]);
    await operator.until(world.names);
    await world.pass(10 * GRACE_MS);
    for (const key of KEYS) expect((await world.read("n4", key, "?r=3")).status).toBe(404);
    expect(await rowCounts(world, world.names)).toEqual([0, 0, 0, 0]);
  });

  test("go on the word of an operator that a node is destroyed; should it come back, it gives nothing to anybody", async () => {
    const world = await ClusterWorld.start(4, COLLECTING);
    const operator = new Operator(world);
    await writeAll(world);
    await world.pass(1_000);
    kill(world, undefined, "n4");
    const kept = Array.from({ length: 40 }, (_, at) => `kept ${at}`).filter((key) =>
      ownersBy(world, "n4", key).includes("n4"),
    );
    // Of each it keeps hints for the others.
    for (const key of kept) expect(await world.write("n4", key, key, "", "?w=1")).toBe(204);
    await operator.remove("n4", "n1");
    const left = ["n1", "n2", "n3"];
    await operator.until(left);
    await deleteAll(world, "n1");
    expect((await operator.order("n2", "emptied", { id: "n4" })).status).toBe(200);
    await world.pass(8 * GRACE_MS);
    expect(await rowCounts(world, left)).toEqual([0, 0, 0]);
    const before = await rowCount(world, "n4");
    expect(await rowCount(world, "n4", "hints")).toBeGreaterThan(kept.length);
    world.heal();
    await world.pass(10_000);
    expect(await operator.members("n4")).toMatchObject({ isMember: false, isSilenced: true });
    expect(await rowCount(world, "n4")).toBe(before);
    expect(await rowCounts(world, left)).toEqual([0, 0, 0]);
    for (const key of [...KEYS, ...kept]) {
      expect((await world.read("n2", key)).status).toBe(404);
    }
  });
});

function metricOfNode(world: ClusterWorld, name: string, metric: string): number {
  return world.at(name).environment.metrics.valueOf(metric);
}

test("an operator is told in one line why a node cannot be taken for empty", async () => {
  const world = await ClusterWorld.start(4, QUICK);
  const operator = new Operator(world);
  const refusal = async (id: string) => {
    const { status, text } = await operator.order("n1", "emptied", { id });
    expect(status).toBe(400);
    return text;
  };
  expect(await refusal("n4")).toContain("Cannot take node n4 for empty: it is a member");
  expect(await refusal("n9")).toContain("it never was to be a member");
  await operator.remove("n4", "n1");
  await operator.until(["n1", "n2", "n3"]);
  await world.pass(5_000);
  expect(await refusal("n4")).toContain("it is already");
});

test("D-4.9-5 what was acknowledged under a ring that is taken back comes to the owners", async () => {
  // W=3, so that one owner in each part is enough to receive from; requests ask for less.
  const world = await ClusterWorld.start(3, { ...QUICK, w: 3, hintsMax: 1 }, 2);
  const operator = new Operator(world);
  const [left, right] = [
    ["n1", "n4"],
    ["n2", "n3", "n5"],
  ] as const;
  world.partition(left, right);
  await operator.add("n4", "n1");
  await operator.until(["n1", "n2", "n3", "n4"], left);
  await operator.add("n5", "n2");
  await operator.until(["n1", "n2", "n3", "n5"], right);
  // It alone goes by that ring from now on, and has no room for hints.
  kill(world, undefined, "n5");
  const keys = KEYS.filter((key) => ownersBy(world, "n5", key).includes("n5"));
  for (const key of keys) expect(await world.write("n5", key, key, "", "?w=1")).toBe(204);
  for (const a of left) {
    for (const b of ["n2", "n3"]) {
      world.network.heal(world.link(a, b));
      world.network.heal(world.link(b, a));
    }
  }
  const heard = ["n1", "n2", "n3", "n4"];
  await world.pass(5_000);
  const { open } = await operator.members("n1");
  expect(open?.receivers).toHaveProperty("n5");
  expect((await operator.order("n1", "withdraw", { change: open?.change })).status).toBe(200);
  await operator.until(heard);
  expect((await operator.members("n1")).notEmptied).toEqual(["n5"]);
  world.heal();
  await operator.until(heard, [...heard, "n5"]);
  await operator.untilCleared([...heard, "n5"]);
  await world.pass(5_000);
  expect(keys.length).toBeGreaterThan(50);
  for (const key of keys) expect((await world.read("n4", key, "?r=3")).values).toEqual([key]);
  expect(await brokenRanges(world, heard)).toEqual([]);
  expect(await rowCount(world, "n5")).toBe(0);
  expect((await operator.members("n1")).notEmptied).toEqual([]);
});
