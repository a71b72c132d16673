/** Keys whose clocks come to the bound of a context, and beyond it: what nodes refuse, and what they serve. */
import { describe, expect, test } from "vitest";
import { actorOf } from "../base/actor.ts";
import { nodeId } from "../base/ids.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import type { Payload } from "../protocol/payload.ts";
import { encodePayload } from "../protocol/payload.ts";
import { decodeProblem } from "../protocol/problem.ts";
import { recordOf as rowRecordOf } from "../replica/row.ts";
import type { Write } from "../storage/engine.ts";
import { StorageError } from "../storage/engine.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";
import { HandMadePeer } from "./testing/hand-made-peer.ts";

const KEY = Buffer.from("k");
const PATH = `/kv64/${KEY.toString("base64url")}`;
const MISSING = "x-dynamo-context-missing";
const VALUE: Payload = { contentType: "text/plain", tombstone: false, bytes: Buffer.from("v") };
const TOMBSTONE: Payload = { contentType: "", tombstone: true, bytes: new Uint8Array(0) };
const dvvset = versioningFor("dvvset");

/** A record of one value, written over by as many actors one after the other. */
function recordOf(actorCount: number, payload: Payload = VALUE): Uint8Array {
  let siblings = dvvset.empty;
  for (let epoch = 0; epoch < actorCount; epoch += 1) {
    const actor = actorOf({ nodeId: nodeId("gone"), incarnation: "AAAAAAAAAAA", epoch });
    const bytes = encodePayload(payload);
    siblings = dvvset.update(siblings, siblings.clock, bytes, { actor, wallMs: 1 });
  }
  return dvvset.encode(siblings);
}

/** Brings it to all three nodes, as merges from elsewhere would: none of them took it from outside the cluster. */
async function bring(world: ClusterWorld, record: Uint8Array): Promise<void> {
  for (const name of world.names) {
    const peer = new HandMadePeer(world, world.names.find((each) => each !== name) ?? "");
    expect(await peer.put(name, { key: KEY, record })).toEqual({ type: "put-reply" });
  }
}

describe("D-4.4-9 a clock near the bound of a context", () => {
  test("is refused one actor more by every node, definitely, and nothing is written", async () => {
    const world = await ClusterWorld.start(3);
    await bring(world, recordOf(750));
    const { context } = await world.read("n1", "k");
    expect(context).not.toBe("");
    const before = await Promise.all(world.names.map((name) => world.own(name, "k")));
    for (const name of world.names) {
      for (const given of [context, ""]) {
        const refused = await world.request(name, "PUT", PATH, { body: "w", context: given });
        expect(refused.status).toBe(409);
        const problem = decodeProblem(refused.body);
        expect(problem).toMatchObject({ code: "clock-too-long", definite: true });
        expect(problem?.detail).toMatch(/^Cannot write the key here: its clock of 751 actors .*$/);
      }
    }
    await world.pass(1_000);
    expect(await Promise.all(world.names.map((name) => world.own(name, "k")))).toEqual(before);
  });

  test("is written on by a node that has an actor in it, through whichever node", async () => {
    const world = await ClusterWorld.start(3);
    expect(await world.write("n1", "k", "first")).toBe(204);
    await bring(world, recordOf(750));
    const { context } = await world.read("n1", "k");
    for (const [number, name] of world.names.entries()) {
      expect(await world.write(name, "k", `${number}`, number === 0 ? context : "")).toBe(204);
    }
    expect((await world.read("n3", "k")).values).toEqual(["0", "1", "2"]);
    const { context: all } = await world.read("n2", "k");
    const headers = { "x-dynamo-context": all };
    expect((await world.request("n2", "DELETE", PATH, { headers })).status).toBe(204);
    expect((await world.read("n3", "k")).status).toBe(404);
  });
});

describe("D-4.4-9 a clock that merges have made too long for a context", () => {
  test("is served without one, and says so", async () => {
    const world = await ClusterWorld.start(3);
    await bring(world, recordOf(900));
    for (const name of world.names) {
      const { status, headers, body } = await world.request(name, "GET", PATH);
      expect([status, Buffer.from(body).toString()]).toEqual([200, "v"]);
      expect(headers[MISSING]).toBe("clock-too-long");
      expect(headers["x-dynamo-context"]).toBeUndefined();
    }
    const refused = await world.request("n1", "PUT", PATH, { body: "w" });
    expect(decodeProblem(refused.body)).toMatchObject({ code: "clock-too-long", definite: true });
    expect((await world.request("n1", "DELETE", PATH)).status).toBe(428);
  });

  test("is still written, and what an older context covers replaced, where a node has an actor in it", async () => {
    const world = await ClusterWorld.start(3);
    expect(await world.write("n1", "k", "first")).toBe(204);
    const { context } = await world.read("n1", "k");
    await bring(world, recordOf(900));
    expect(await world.write("n2", "k", "second", context)).toBe(204);
    expect((await world.read("n3", "k")).values).toEqual(["second", "v"]);
    const headers = { "x-dynamo-context": context };
    expect((await world.request("n1", "DELETE", PATH, { headers })).status).toBe(204);
    expect((await world.read("n3", "k")).values).toEqual(["second", "v"]);
  });

  test("passes for no key that never was where it holds a tombstone", async () => {
    const world = await ClusterWorld.start(3);
    await bring(world, recordOf(900, TOMBSTONE));
    const { status, headers } = await world.request("n1", "GET", PATH);
    expect([status, headers[MISSING]]).toEqual([404, "clock-too-long"]);
  });
});

/** Takes nothing while it is full, as a database on a full disk. */
class FullDisk extends MemoryEngine {
  isFull = false;

  override write(writes: readonly Write[]): Promise<void> {
    return this.isFull
      ? Promise.reject(new StorageError("Cannot write: the disk is full"))
      : super.write(writes);
  }
}

test("D-4.4-9 a full disk at one of its nodes makes no key's clock longer with each write", async () => {
  const world = new ClusterWorld(5);
  const disks = new Map(world.names.map((name) => [name, new FullDisk()]));
  for (const [name, disk] of disks) await world.startNode(name, disk);
  const [a = "", b = ""] = world.preferenceList("k");
  await world.write(a, "k", "0");
  const disk = disks.get(a);
  if (disk === undefined) throw new Error("Cannot find the disk of the first node");
  disk.isFull = true;
  for (let write = 1; write <= 40; write += 1) {
    const { context } = await world.read(b, "k");
    expect(await world.write(a, "k", `${write}`, context)).toBe(204);
  }
  disk.isFull = false;
  const row = await disks.get(b)?.scan("records", { limit: 1 });
  const record = rowRecordOf(row?.[0]?.value ?? new Uint8Array(0));
  // Those of the first write and of the one that was lost, and one of each other node.
  expect(dvvset.decode(record).clock.size).toBeLessThanOrEqual(2 + 4);
  const { context } = await world.read(b, "k");
  expect(await world.write(a, "k", "after", context)).toBe(204);
  expect((await world.read(a, "k")).values).toEqual(["after"]);
});
