/* A snapshot of a cluster whose ranges move promises nothing: it reads one node after the other, and a copy may be missed at both. */
import { describe, expect, test } from "vitest";
import { MemoryFiles } from "../../harness/drivers/sim/memory-files.ts";
import { ClusterWorld } from "../http/testing/cluster-world.ts";
import { Operator, SETTINGS } from "../http/testing/operated-world.ts";
import type { Manifest } from "./manifest.ts";
import { takeSnapshot } from "./take-snapshot.ts";
import { urlOf, worldCaller } from "./testing/world-caller.ts";

/** In the pause a node hears of a change. */
const PATIENCE = { timeoutMs: 1_000, triesMax: 2, pauseMs: 3_000 };

function take(
  world: ClusterWorld,
  from: readonly string[],
  onRequest: (url: URL) => void = () => {},
): Promise<Manifest> {
  const http = worldCaller(world, (_node, url) => {
    onRequest(url);
    return false;
  });
  const environment = { http, clock: world.clock, files: new MemoryFiles() };
  return world.drive(takeSnapshot(environment, { from: from.map(urlOf), patience: PATIENCE }));
}

const coverage = ({ complete, partitions }: Manifest) => ({
  complete,
  covers: [...new Set(partitions.map(({ coversFromW }) => coversFromW))],
});

const WHOLE = { complete: true, covers: [1] };
const NOTHING = { complete: false, covers: [null] };

async function worldOf(count: number): Promise<{ world: ClusterWorld; operator: Operator }> {
  const world = await ClusterWorld.start(count, SETTINGS, 1);
  for (let key = 0; key < 100; key += 1) await world.write("n1", `key ${key}`, "value");
  await world.pass(2_000);
  return { world, operator: new Operator(world) };
}

describe("D-6.2-8 a snapshot covers nothing for sure", () => {
  test("while former owners still have rows of ranges that a join moved", async () => {
    const { world, operator } = await worldOf(4);
    expect(coverage(await take(world, world.names))).toEqual(WHOLE);
    await operator.add("n5", "n1");
    const members = [...world.names, "n5"];
    await operator.until(members);
    expect(coverage(await take(world, members))).toEqual(NOTHING);
    await operator.untilCleared(members);
    expect(coverage(await take(world, members))).toEqual(WHOLE);
  });

  test("where a node was told to leave in between", async () => {
    const { world, operator } = await worldOf(4);
    let orders = 0;
    const manifest = await take(world, world.names, ({ pathname }) => {
      if (pathname !== "/admin/rows" || orders > 0) return;
      orders += 1;
      world.at("n1").node.operator.membership.leave({ id: "n4" });
    });
    expect([orders, coverage(manifest)]).toEqual([1, NOTHING]);
    await operator.until(["n1", "n2", "n3"]);
  });

  test("until a node that left is empty", async () => {
    const { world, operator } = await worldOf(4);
    world.partition(["n4"], ["n1", "n2", "n3"]);
    await operator.remove("n4", "n1");
    const left = ["n1", "n2", "n3"];
    await operator.until(left);
    await operator.untilCleared(left);
    await world.pass(5_000);
    expect(coverage(await take(world, left))).toEqual(NOTHING);
    world.heal();
    await world.pass(15_000);
    expect((await operator.members("n1")).notEmptied).toEqual([]);
    expect(coverage(await take(world, left))).toEqual(WHOLE);
  });
});

test("D-6.2-8 nodes are asked again until all go by one ring, and not for ever", async () => {
  const { world, operator } = await worldOf(4);
  world.partition(["n4"], ["n1", "n2", "n3"]);
  await operator.remove("n4", "n1");
  await operator.until(["n1", "n2", "n3"]);
  await expect(take(world, world.names)).rejects.toMatchObject({
    kind: "failure",
    message: expect.stringMatching(/^Cannot use .* as one cluster: one says /),
  });
  let looks = 0;
  const manifest = await take(world, world.names, ({ hostname, pathname }) => {
    if (hostname !== "n4" || pathname !== "/admin/ring") return;
    looks += 1;
    world.heal();
  });
  expect([looks, coverage(manifest)]).toEqual([2, WHOLE]);
});

describe("D-6.2-8 a snapshot is not whole", () => {
  test("where as many are silent as it takes that all who know of a new member are among them", async () => {
    const { world } = await worldOf(3);
    // W is 2: a write may be at n3 and at one that joined, of which n1 and n2 need not have heard.
    expect(coverage(await takeWithout(world, ["n3"]))).toEqual({ complete: true, covers: [2] });
    expect(coverage(await takeWithout(world, ["n3", "n4"]))).toEqual({
      complete: false,
      covers: [3],
    });
  });

  test("where no member answers at its end", async () => {
    const { world } = await worldOf(3);
    let rows = 0;
    const http = worldCaller(world, (_node, { pathname }) => {
      rows += Number(pathname === "/admin/rows");
      return pathname === "/admin/status" && rows > 0;
    });
    const environment = { http, clock: world.clock, files: new MemoryFiles() };
    const taken = takeSnapshot(environment, { from: world.names.map(urlOf), patience: PATIENCE });
    expect(coverage(await world.drive(taken))).toEqual(NOTHING);
  });
});

/** All three nodes and n4 are named, and these do not answer. */
function takeWithout(world: ClusterWorld, silent: readonly string[]): Promise<Manifest> {
  const http = worldCaller(world, (node) => silent.includes(node));
  const environment = { http, clock: world.clock, files: new MemoryFiles() };
  const from = [...world.names, ...silent.filter((node) => !world.names.includes(node))];
  return world.drive(takeSnapshot(environment, { from: from.map(urlOf), patience: PATIENCE }));
}
