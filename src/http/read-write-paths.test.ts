/*
 * Aim: what a client can ask of a read or a write beyond the plain one: not found ignored (K-22), a write that is named and sent
 * again (K-11), a read of at least what the client knows (K-15). Method: whole clusters on virtual time; each scenario also
 * shows what happens without.
 */
import { describe, expect, test } from "vitest";
import { ClusterWorld } from "./testing/cluster-world.ts";
import { suspectEverybody } from "./testing/suspect-everybody.ts";

const NAME = "operation-number-1";
const KEY_PATH = `/kv64/${Buffer.from("k").toString("base64url")}`;
const MODES = ["dvvset", "merged"] as const;

interface Sending {
  readonly name?: string;
  readonly context?: string;
}

/** Puts a value of key "k" under a name. */
function send(world: ClusterWorld, node: string, body: string, sending: Sending = {}) {
  const { name = NAME, context = "" } = sending;
  const headers = { "x-dynamo-operation": name };
  return world.request(node, "PUT", KEY_PATH, { body, context, headers });
}

/** Owners of "k" and the rest, cut off from each other, each side knowing it. */
async function split(world: ClusterWorld, count: number) {
  const list = world.preferenceList("k");
  const [left, right] = [list.slice(0, count), list.slice(count)];
  world.partition(left, right);
  for (const name of left) await suspectEverybody(world, name, right);
  for (const name of right) await suspectEverybody(world, name, left);
  return { left, right };
}

describe("not found", () => {
  test("K-22 counted, hides a value behind fresh fallbacks; ignored, fails rather than hide it", async () => {
    const world = await ClusterWorld.start(6);
    await world.write("n1", "k", "there");
    const { right } = await split(world, 3);
    const [fallback = ""] = right;
    expect((await world.read(fallback, "k")).status).toBe(404);
    const answer = await world.request(fallback, "GET", `${KEY_PATH}?notfound=ignore`);
    expect(answer.status).toBe(503);
    expect(JSON.parse(Buffer.from(answer.body).toString())).toMatchObject({
      code: "read-quorum-not-met",
      definite: true,
    });
    world.heal();
    await world.pass(5_000);
    expect((await world.read(fallback, "k", "?notfound=ignore")).values).toEqual(["there"]);
  });

  test("K-22 ignored by configuration, finds the one copy that R would miss, and is counted again on demand", async () => {
    const world = await ClusterWorld.start(3, { w: 1, notFound: "ignore", hedgeMs: 1_000 });
    const [a = "", b = "", c = ""] = world.preferenceList("k");
    world.partition([a], [b, c]);
    expect(await world.write(a, "k", "alone")).toBe(204);
    world.heal();
    world.cut(a, b);
    expect((await world.read(c, "k", "?notfound=count&r=1")).status).toBe(404);
    expect((await world.read(c, "k", "?r=1")).values).toEqual(["alone"]);
  });

  test("K-22 a client that creates what it did not find makes a sibling, and with last write wins destroys it", async () => {
    for (const [versioning, expected] of [
      ["dvvset", ["created", "there"]],
      ["lww", ["created"]],
    ] as const) {
      const world = await ClusterWorld.start(6, { versioning });
      await world.write("n1", "k", "there");
      const { right } = await split(world, 3);
      const [fallback = ""] = right;
      const { status, context } = await world.read(fallback, "k");
      expect(status).toBe(404);
      await world.pass(10);
      expect(await world.write(fallback, "k", "created", context)).toBe(204);
      world.heal();
      await world.pass(5_000);
      expect((await world.read(fallback, "k", "?r=3")).values).toEqual(expected);
    }
  });

  test("ignored, an absent key is a 404 on the word of all its owners", async () => {
    const world = await ClusterWorld.start(5);
    expect((await world.read("n1", "k", "?notfound=ignore")).status).toBe(404);
    const query = `${KEY_PATH}?notfound=perhaps`;
    expect((await world.request("n1", "GET", query)).status).toBe(400);
  });
});

describe.each(MODES)("operations in mode %s", (versioning) => {
  test("D-4.4-12 K-11 a put that is sent again through every node is one version; without a name it is not", async () => {
    const world = await ClusterWorld.start(5, { versioning });
    for (const node of world.names) {
      expect((await send(world, node, "v")).status).toBe(204);
    }
    expect((await world.read("n1", "k")).values).toEqual(["v"]);
    const list = world.preferenceList("k");
    for (const node of list.slice(0, 3)) {
      expect(await world.own(node, "k")).toMatchObject({ versions: 1 });
    }
  });

  test("K-11 a retry that is forwarded, or whose first attempt came as a hint, finds itself", async () => {
    const world = await ClusterWorld.start(6, { versioning });
    const { right } = await split(world, 3);
    const [d = "", e = "", f = ""] = right;
    expect((await send(world, d, "v")).status).toBe(204);
    for (const node of [e, f, d]) expect((await send(world, node, "v")).status).toBe(204);
    expect((await world.read(d, "k")).values).toEqual(["v"]);
    for (const node of right) expect(await world.own(node, "k")).toMatchObject({ versions: 1 });
    world.heal();
    await world.pass(5_000);
    for (const node of world.preferenceList("k").slice(0, 3)) {
      expect(await world.own(node, "k")).toMatchObject({ versions: 1 });
    }
  });

  test("K-11 minted on both sides of a cut it is shown once, and the next write replaces both", async () => {
    const world = await ClusterWorld.start(6, { versioning });
    const { left, right } = await split(world, 3);
    expect((await send(world, left[0] ?? "", "v")).status).toBe(204);
    expect((await send(world, right[0] ?? "", "v")).status).toBe(204);
    world.heal();
    await world.pass(5_000);
    const { values, context } = await world.read("n1", "k", "?r=3");
    expect(values).toEqual(["v"]);
    expect(await world.write("n1", "k", "next", context)).toBe(204);
    expect((await world.read("n2", "k", "?r=3")).values).toEqual(["next"]);
  });

  test("K-11 a retry that comes after its first attempt was overwritten or deleted brings nothing back", async () => {
    const world = await ClusterWorld.start(3, { versioning });
    await send(world, "n1", "v");
    const { context } = await world.read("n1", "k");
    await world.write("n2", "k", "newer", context);
    for (const node of world.names) expect((await send(world, node, "v")).status).toBe(204);
    const newer = await world.read("n3", "k");
    expect(newer.values).toEqual(["newer"]);
    const deleted = await world.request("n3", "DELETE", KEY_PATH, { context: newer.context });
    expect(deleted.status).toBe(204);
    for (const node of world.names) expect((await send(world, node, "v")).status).toBe(204);
    expect((await world.read("n3", "k")).status).toBe(404);
  });

  test("two values under one name are two versions, and so is one value under two", async () => {
    const world = await ClusterWorld.start(3, { versioning });
    await send(world, "n1", "one");
    await send(world, "n2", "two");
    await send(world, "n3", "three");
    await send(world, "n3", "one", { name: "operation-number-2" });
    expect((await world.read("n1", "k")).values).toEqual(["one", "one", "three", "two"]);
  });
});

test("K-11 without a name a put that is sent again is its own sibling", async () => {
  const world = await ClusterWorld.start(3);
  for (const node of world.names) await world.write(node, "k", "v");
  expect((await world.read("n1", "k")).values).toEqual(["v", "v", "v"]);
});

test.each(["short", "x".repeat(65), "with a blank in it"])("refuses the name %o", async (name) => {
  const world = await ClusterWorld.start(3);
  const answer = await send(world, "n1", "v", { name });
  expect(answer.status).toBe(400);
  expect(Buffer.from(answer.body).toString()).toContain("16 to 64 characters");
});

describe("at least this", () => {
  test("K-15 a read that brings a session finds its own write, or says that it does not", async () => {
    const world = await ClusterWorld.start(6);
    const { left, right } = await split(world, 3);
    const [a = ""] = left;
    const [d = ""] = right;
    const put = await world.request(d, "PUT", `${KEY_PATH}?return=session`, { body: "mine" });
    expect(put.status).toBe(204);
    expect(put.headers).not.toHaveProperty("x-dynamo-context");
    const headers = { "x-dynamo-session": put.headers["x-dynamo-session"] ?? "" };
    expect((await world.request(a, "GET", KEY_PATH)).headers).not.toHaveProperty("x-dynamo-stale");
    const stale = await world.request(a, "GET", KEY_PATH, { headers });
    expect(stale.status).toBe(404);
    expect(stale.headers["x-dynamo-stale"]).toBe("true");
    const own = await world.request(d, "GET", KEY_PATH, { headers });
    expect(Buffer.from(own.body).toString()).toBe("mine");
    expect(own.headers).not.toHaveProperty("x-dynamo-stale");
  });

  test("K-15 asks on beyond R, and beyond the owners, for what the client knows", async () => {
    const settings = { hintScanMs: 600_000, retryDownMs: 600_000, r: 1, w: 1 };
    const world = await ClusterWorld.start(6, settings);
    const [a = "", b = "", c = "", d = ""] = world.preferenceList("k");
    world.partition([a, b, c], [d]);
    await suspectEverybody(world, d, [a, b, c]);
    const path = `${KEY_PATH}?return=session`;
    const put = await world.request(d, "PUT", path, { body: "mine" });
    const headers = { "x-dynamo-session": put.headers["x-dynamo-session"] ?? "" };
    world.heal();
    for (const name of [a, b, c]) expect(await world.own(name, "k")).toMatchObject({ versions: 0 });
    expect((await world.read(a, "k")).status).toBe(404);
    const read = await world.request(a, "GET", KEY_PATH, { headers });
    expect(Buffer.from(read.body).toString()).toBe("mine");
    expect(read.headers).not.toHaveProperty("x-dynamo-stale");
  });

  test("takes a context as well, and refuses a bad one, both at once, and a session that is to write", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "other", "x");
    const foreign = await world.read("n1", "other");
    const put = await world.request("n1", "PUT", `${KEY_PATH}?return=session`, { body: "v" });
    const session = put.headers["x-dynamo-session"] ?? "";
    const { context } = await world.read("n1", "k");
    expect((await world.request("n2", "GET", KEY_PATH, { context })).status).toBe(200);
    const refused = [
      world.request("n2", "GET", KEY_PATH, { context: foreign.context }),
      world.request("n2", "GET", KEY_PATH, { context, headers: { "x-dynamo-session": session } }),
      world.request("n2", "GET", KEY_PATH, { headers: { "x-dynamo-session": context } }),
      world.request("n2", "PUT", KEY_PATH, { body: "w", context: session }),
      world.request("n2", "DELETE", KEY_PATH, { context: session }),
    ];
    for (const answer of await Promise.all(refused)) expect(answer.status).toBe(400);
    expect((await world.read("n1", "k")).values).toEqual(["v"]);
  });
});
