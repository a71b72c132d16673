/*
 * Aim: a record that no client could be given, or whose counters no context may carry, is neither stored nor believed, whichever frame brings it, and the
 * reads and writes of its key go on. Method: one member of the cluster is made by hand, and sends or answers such records.
 */
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import type { Actor, NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { COUNTER_MAX } from "../causality/counter-limit.ts";
import { versioningFor } from "../causality/versioning-for.ts";
import { digestOf } from "../merkle/leaf.ts";
import { encodePayload } from "../protocol/payload.ts";
import { decodeProblem } from "../protocol/problem.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";
import { HandMadePeer } from "./testing/hand-made-peer.ts";

const KEY = utf8Bytes("k");
const dvvset = versioningFor("dvvset");
const PAYLOAD = encodePayload({ contentType: "", tombstone: false, bytes: utf8Bytes("theirs") });

/** A record whose one version has this counter and payload. */
function recordOf(counter: number, payload: Uint8Array = PAYLOAD): Uint8Array {
  const actor = "n3/AAAAAAAAAAA/0" as Actor;
  const context = counter === 1 ? dvvset.empty.clock : new Map([[actor, counter - 1]]);
  return dvvset.encode(dvvset.update(dvvset.empty, context, payload, { actor, wallMs: 1 }));
}

const BAD: readonly (readonly [string, Uint8Array, string])[] = [
  [
    "bytes that are no record",
    Buffer.of(9, 9, 9),
    "Cannot read a dvvset record of 3 bytes: its format version is 9 and only 1 is known",
  ],
  [
    "a version that is none",
    recordOf(1, Buffer.of(9, 9, 9)),
    "Cannot read a payload: version 9 is unknown",
  ],
  [
    "a counter of 2^53-1",
    recordOf(COUNTER_MAX + 1),
    "Cannot read a record: the counter of n3/AAAAAAAAAAA/0 is 9007199254740991, and at most 9007199254740990 is allowed",
  ],
];

/** Two nodes, and n3 for a test to play. */
async function worldOfTwo(): Promise<ClusterWorld> {
  const world = new ClusterWorld(3, { antiEntropyMs: 0 });
  await startBoth(world);
  return world;
}

async function startBoth(world: ClusterWorld): Promise<void> {
  for (const name of ["n1", "n2"]) await world.startNode(name, new MemoryEngine());
}

describe.each(BAD)("%s", (_what, record, reason) => {
  test.each<readonly [string, NodeId | undefined, "records" | "hints"]>([
    ["as a copy", undefined, "records"],
    ["as a hint", nodeId("n2"), "hints"],
  ])(
    "is refused %s, counted and told of once a minute, and the row stays as it was",
    async (_as, hintFor, table) => {
      const world = await worldOfTwo();
      const peer = new HandMadePeer(world, "n3");
      const { engine, environment } = world.at("n1");
      const refusal = { type: "error-reply", code: "bad-request", message: reason };
      expect(await peer.put("n1", { key: KEY, record, hintFor })).toEqual(refusal);
      expect(await engine.count(table)).toBe(0);
      expect(await peer.put("n1", { key: KEY, record: recordOf(1), hintFor })).toEqual({
        type: "put-reply",
      });
      expect(await peer.put("n1", { key: KEY, record, hintFor })).toEqual(refusal);
      expect(environment.metrics.valueOf("ringside_records_refused_total")).toBe(2);
      const told = "Cannot take a record that somebody sent";
      const lines = () => environment.log.lines.filter(({ message }) => message === told);
      expect(lines()).toMatchObject([{ level: "warn", fields: { key: "aw" } }]);
      await world.pass(60_000);
      await peer.put("n1", { key: KEY, record, hintFor });
      expect(lines()).toHaveLength(2);
      expect((await world.read("n1", "k", "?timeoutMs=500")).values).toEqual(["theirs"]);
    },
  );

  test("is no answer to a read, which others answer, and is not repaired", async () => {
    const world = await worldOfTwo();
    const asked: string[] = [];
    const peer = new HandMadePeer(world, "n3", (request) => {
      asked.push(request.type);
      return request.type === "get" ? { type: "get-reply", record } : { type: "put-reply" };
    });
    await peer.listen();
    expect(await world.write("n1", "k", "ours")).toBe(204);
    asked.length = 0;
    const { values, context } = await world.read("n1", "k");
    expect(values).toEqual(["ours"]);
    await world.pass(1_000);
    expect(asked).toEqual(["get"]);
    const { metrics } = world.at("n1").environment;
    expect(metrics.valueOf("ringside_records_unreadable_total")).toBe(1);
    expect(await world.write("n1", "k", "after", context)).toBe(204);
    expect((await world.read("n1", "k", "?r=3&quorum=strict&timeoutMs=500")).status).toBe(503);
  });
});

test("an exchange that is given such a record passes over its key, and stores nothing of it", async () => {
  const world = new ClusterWorld(3, { antiEntropyMs: 100 });
  const [, record] = BAD[1] as (typeof BAD)[number];
  const peer = new HandMadePeer(world, "n3", (request) => {
    switch (request.type) {
      case "tree":
        return {
          type: "tree-reply",
          nodes: [{ kind: "leaves", leaves: [{ key: KEY, digest: digestOf(record) }] }],
        };
      case "copy":
        return { type: "get-reply", record };
      default:
        return undefined;
    }
  });
  await peer.listen();
  await startBoth(world);
  const { engine, environment } = world.at("n1");
  await world.pass(2_000);
  expect(await engine.count("records")).toBe(0);
  expect(environment.metrics.valueOf("ringside_records_refused_total")).toBeGreaterThan(0);
});

test("a forwarded write with a version that is none is refused before it is minted", async () => {
  const world = await worldOfTwo();
  const peer = new HandMadePeer(world, "n3");
  const forward = {
    type: "forward",
    ring: world.ringStamp(),
    key: KEY,
    context: new Uint8Array(0),
    w: 1,
    budgetMs: 500,
    strict: false,
  } as const;
  expect(await peer.ask("n1", { ...forward, payload: Buffer.of(9, 9, 9) })).toEqual({
    type: "error-reply",
    code: "bad-request",
    message: "Cannot read a payload: version 9 is unknown",
  });
  expect(await world.at("n1").engine.count("records")).toBe(0);
  expect(await peer.ask("n1", { ...forward, payload: PAYLOAD })).toMatchObject({
    type: "forward-reply",
  });
});

test("a forwarded write whose answer nobody can read is in doubt, and hands out no session", async () => {
  const world = new ClusterWorld(3, { n: 1, r: 1, w: 1, antiEntropyMs: 0 });
  const record = recordOf(COUNTER_MAX + 1);
  const peer = new HandMadePeer(world, "n3", () => ({ type: "forward-reply", record }));
  await peer.listen();
  await startBoth(world);
  const keys = Array.from({ length: 100 }, (_, number) => `${number}`);
  const key = keys.find((each) => world.preferenceList(each)[0] === "n3");
  const path = `/kv/${key}?return=session&quorum=strict`;
  const { status, headers, body } = await world.request("n1", "PUT", path, { body: "v" });
  expect(status).toBe(500);
  expect(decodeProblem(body)).toMatchObject({ code: "internal", definite: false });
  expect(headers["x-dynamo-session"]).toBeUndefined();
});
