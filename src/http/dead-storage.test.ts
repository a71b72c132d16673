/*
 * Aim: a node whose engine takes nothing any more says so where orchestrators, operators and alarms look, for only a restart helps; a write that fails on a full disk says
 * nothing of the kind. Method: an engine whose writes end as the test says, with and without a write buffer, under a node that takes a client's write.
 */
import { expect, test } from "vitest";
import { ManualClock } from "../env/testing/manual-clock.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { bufferedEngine } from "../node/buffered-engine.ts";
import { SlowEngine } from "../storage/testing/slow-engine.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";

const ENGINES = [
  { name: "an engine", rowCacheBytes: 0, writeBufferObjects: 0 },
  { name: "a row cache over it", rowCacheBytes: 1_000_000, writeBufferObjects: 0 },
  { name: "a write buffer over both", rowCacheBytes: 1_000_000, writeBufferObjects: 10 },
];

test.each(ENGINES)("a node on $name tells that its storage is dead", async ({ name, ...sizes }) => {
  const world = new ClusterWorld(1, { n: 1, r: 1, w: 1 });
  const disk = new SlowEngine({ auto: true });
  const settings = {
    engine: "lmdb",
    writeBufferFlushMs: 100,
    durableGatherMs: 0,
    ...sizes,
  } as const;
  const engine = bufferedEngine(quietEnvironment(new ManualClock()), settings, { engine: disk });
  await world.startNode("n1", engine);
  const told = async () => {
    const { metrics } = world.at("n1").environment;
    return {
      health: await answered(world, "/healthz"),
      life: await answered(world, "/livez"),
      status: await world.status("n1"),
      dead: metrics.valueOf("ringside_storage_dead"),
    };
  };
  const well = {
    health: [200, "ok\n"],
    life: [200, "ok\n"],
    status: { ready: true, storageFailure: null },
    dead: 0,
  };
  expect(await told()).toMatchObject(well);

  disk.auto = false;
  /** A client's write whose commit ends so; a buffer makes no client wait, but for the first of N copies, which no client waits for. */
  const write = async (outcome: "failed" | "dead"): Promise<void> => {
    const writing = world.write("n1", "k", name, "", "?timeoutMs=500");
    await world.pass(10);
    expect(disk.waiting).toBeGreaterThan(0);
    await disk.finishOne(outcome);
    await writing;
  };
  await write("failed");
  expect(await told()).toMatchObject(well);
  await write("dead");
  expect(await told()).toMatchObject({
    health: [503, "not ready: storage is dead: Cannot write: the engine is dead\n"],
    life: [503, "not alive: storage is dead: Cannot write: the engine is dead\n"],
    status: { ready: false, storageFailure: "Cannot write: the engine is dead" },
    dead: 1,
  });
});

test("a node that stops says why it is not ready, and lives", async () => {
  const world = await ClusterWorld.start(1, { n: 1, r: 1, w: 1 });
  world.at("n1").node.refuseRequests();
  expect(await answered(world, "/healthz")).toEqual([503, "not ready: the node starts or stops\n"]);
  expect(await answered(world, "/livez")).toEqual([200, "ok\n"]);
});

async function answered(world: ClusterWorld, path: string): Promise<readonly [number, string]> {
  const { status, body } = await world.request("n1", "GET", path);
  return [status, Buffer.from(body).toString()];
}
