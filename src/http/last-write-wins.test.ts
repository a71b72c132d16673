/** Versioning switched off, through HTTP: one value, contexts that still work, and clocks that disagree (D-5-5, K-14). */
import { describe, expect, test } from "vitest";
import { ClusterWorld } from "./testing/cluster-world.ts";

async function worldOf(versioning: string): Promise<ClusterWorld> {
  return await ClusterWorld.start(3, { versioning, clockSkewMaxMs: 500 });
}

interface Skew {
  readonly clockSkew: {
    readonly alarms: number;
    readonly aheadMsMax: number;
    readonly writer: string;
  };
}

describe.each(["lww", "lww-hybrid"])("D-5-5 versioning %s", (versioning) => {
  test("keeps one value, the last, and takes blind writes, contexts and deletes", async () => {
    const world = await worldOf(versioning);
    expect(await world.write("n1", "k", "one")).toBe(204);
    await world.pass(5);
    expect(await world.write("n2", "k", "two")).toBe(204);
    const read = await world.read("n3", "k");
    expect(read.values).toEqual(["two"]);
    await world.pass(5);
    expect(await world.write("n1", "k", "three", read.context)).toBe(204);
    const last = await world.read("n2", "k", "?r=3");
    expect(last.values).toEqual(["three"]);
    await world.pass(5);
    const path = `/kv64/${Buffer.from("k").toString("base64url")}`;
    const { status } = await world.request("n1", "DELETE", path, { context: last.context });
    expect(status).toBe(204);
    expect((await world.read("n3", "k")).status).toBe(404);
  });

  test("tells where a record is ahead of a node's clock by more than the bound", async () => {
    const world = await worldOf(versioning);
    await world.write("n1", "k", "in time");
    expect(await skewOf(world)).toMatchObject({ alarms: 0, writer: null });
    // The clock of all is one here, so it is set while one writes and back before the others look.
    world.clock.setWallOffset(60_000);
    await world.write("n1", "k", "from the future");
    world.clock.setWallOffset(0);
    await world.write("n1", "k", "lost to it");
    const skew = await skewOf(world);
    expect(skew.alarms).toBeGreaterThan(0);
    expect(skew.aheadMsMax).toBeGreaterThan(50_000);
    expect(skew.writer).toMatch(/^n[123]\//);
  });
});

test("D-6-2 a node whose clock was past the year 2248 for a moment hands out contexts that it takes", async () => {
  const world = await worldOf("lww-hybrid");
  const nowMs = world.clock.wallMs();
  world.clock.setWallOffset(Date.UTC(2249, 0, 1) - nowMs);
  expect(await world.write("n1", "k", "from 2249")).toBe(204);
  world.clock.setWallOffset(0);
  const { context } = await world.read("n1", "k");
  expect((await world.request("n1", "PUT", "/kv/k", { body: "after", context })).status).toBe(204);
});

/** Of the node that saw most. */
async function skewOf(world: ClusterWorld): Promise<Skew["clockSkew"]> {
  const all: Skew["clockSkew"][] = [];
  for (const name of world.names) {
    const response = await world.request(name, "GET", "/admin/status");
    all.push((JSON.parse(Buffer.from(response.body).toString()) as Skew).clockSkew);
  }
  all.sort((left, right) => right.alarms - left.alarms);
  return all[0] as Skew["clockSkew"];
}
