/*
 * The client library, with its real HTTP port, against a real cluster of three nodes: what its unit tests take from a
 * script must be what nodes do.
 */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Attempt, OpenClient, RingPoll } from "../../src/client.ts";
import { cartReconciler, openClient, update, view } from "../../src/client.ts";
import type { BenchCluster } from "./bench-cluster.ts";
import { startBenchCluster } from "./bench-cluster.ts";

const VALUE = Uint8Array.of(0, 255, 13, 10);
const OTHER = Buffer.from("other");

let cluster: BenchCluster;
let client: OpenClient;
const attempts: Attempt[] = [];

beforeAll(async () => {
  cluster = await startBenchCluster({
    nodes: 3,
    engine: "memory",
    nodeMain: join(import.meta.dirname, "../../src/main.ts"),
    onDeath: (error) => {
      throw error;
    },
  });
  client = openClient({ endpoints: cluster.urls, onAttempt: (attempt) => attempts.push(attempt) });
});

afterAll(async () => {
  client?.close();
  await cluster?.stop();
});

describe("RingsideClient on a real cluster", () => {
  test("reads nothing, then what it wrote, then nothing after a delete", async () => {
    const key = Uint8Array.of(0, 47, 46, 46, 47, 255);
    const nothing = await client.get(key);
    expect(nothing.siblings).toEqual([]);
    await client.put(key, VALUE, { context: nothing.context, contentType: "x/y" });
    const one = await client.get(key);
    expect(one.siblings.map(({ bytes }) => [...bytes])).toEqual([[...VALUE]]);
    expect(one.siblings[0]?.contentType).toBe("x/y");
    await client.delete(key, { context: one.context });
    expect((await client.get(key)).siblings).toEqual([]);
  });

  test("reads both of two blind writes, and one after writing under their context", async () => {
    const key = Buffer.from("siblings");
    await client.put(key, VALUE);
    await client.put(key, OTHER);
    const { siblings, context } = await client.get(key, { r: 3 });
    expect(siblings.map(({ bytes }) => Buffer.from(bytes).toString("hex")).sort()).toEqual(
      [VALUE, OTHER].map((bytes) => Buffer.from(bytes).toString("hex")).sort(),
    );
    await client.put(key, VALUE, { context });
    expect((await client.get(key)).siblings).toHaveLength(1);
  });

  test("update() keeps the adds of carts that were changed at the same time", async () => {
    const key = Buffer.from("cart");
    const cart = cartReconciler("or-set");
    const items = Array.from({ length: 8 }, (_, index) => `item-${index}`);
    await Promise.all(
      items.map((item) => update(client, key, cart, (before) => cart.add(before, item, item))),
    );
    const { value, read } = await view(client, key, cart);
    expect(cart.items(value)).toEqual(items);
    expect(read.siblings.length).toBeGreaterThan(1);
    const done = await update(client, key, cart, (before) => cart.remove(before, "item-0"));
    expect(done.versions).toBe(read.siblings.length);
    const after = await view(client, key, cart);
    expect(cart.items(after.value)).toEqual(items.slice(1));
    expect(after.read.siblings).toHaveLength(1);
  });

  test("is refused a context of another key, and that is definite", async () => {
    const key = Buffer.from("refused");
    await client.put(key, VALUE);
    const { context } = await client.get(key);
    const foreign = client.put(Buffer.from("elsewhere"), VALUE, { context });
    await expect(foreign).rejects.toMatchObject({ code: "bad-context", definite: true });
    await expect(client.get(key, { r: 4 })).rejects.toMatchObject({
      code: "bad-parameter",
      attempts: 1,
    });
    await expect(client.put(key, new Uint8Array(1_048_577))).rejects.toMatchObject({
      code: "value-too-large",
      definite: true,
    });
  });

  test("accepts the time of a call, its node's share of it too", async () => {
    const key = Buffer.from("timed");
    await client.put(key, VALUE, { timeoutMs: 1_234.5, w: 3 });
    expect((await client.get(key, { timeoutMs: 600_000, r: 1 })).siblings).toHaveLength(1);
  });

  test("D-4.5-1 that goes to the key's nodes learns the ring from one node, and asks each for its keys", async () => {
    const keys = Array.from({ length: 30 }, (_, number) => Buffer.from(`ring ${number}`));
    const learnt = Promise.withResolvers<RingPoll>();
    const asked: string[] = [];
    const other = openClient({
      endpoints: cluster.urls.slice(0, 1),
      nodeUrls: Object.fromEntries(cluster.urls.map((url, at) => [`n${at + 1}`, url])),
      routing: "owners",
      onAttempt: ({ endpoint }) => asked.push(endpoint),
      onRingPoll: learnt.resolve,
    });
    try {
      await other.get(Buffer.from("first"));
      expect(await learnt.promise).toMatchObject({ outcome: "changed", endpoint: cluster.urls[0] });
      for (const key of keys) await other.put(key, VALUE);
      for (const key of keys) expect((await other.get(key)).siblings).toHaveLength(1);
      expect(asked).toHaveLength(1 + 2 * keys.length);
      expect(new Set(asked)).toEqual(new Set(cluster.urls));
      expect(asked.slice(1, 1 + keys.length)).toEqual(asked.slice(1 + keys.length));
    } finally {
      other.close();
    }
  });

  test("goes on to a living node where the preferred one refuses connections", async () => {
    const [living = ""] = cluster.urls;
    attempts.length = 0;
    const other = openClient({
      endpoints: ["http://127.0.0.1:9", living],
      onAttempt: (attempt) => attempts.push(attempt),
    });
    try {
      await other.put(Buffer.from("moved"), VALUE);
      expect(attempts).toMatchObject([
        { endpoint: "http://127.0.0.1:9", code: "unreachable" },
        { endpoint: living, status: 204 },
      ]);
    } finally {
      other.close();
    }
  });
});
