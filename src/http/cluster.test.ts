/** A whole cluster of real nodes in one process, on virtual time and a network in memory. */
import { describe, expect, test } from "vitest";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { ClusterWorld } from "./testing/cluster-world.ts";
import { suspectEverybody } from "./testing/suspect-everybody.ts";

describe("DynamoNode", () => {
  test("D-4.5-1 takes any request for any key on any node", async () => {
    const world = await ClusterWorld.start(5);
    for (const writer of world.names) {
      const key = `key of ${writer}`;
      expect(await world.write(writer, key, writer)).toBe(204);
      for (const reader of world.names) {
        expect((await world.read(reader, key)).values).toEqual([writer]);
      }
    }
  });

  test("D-4.1-6 answers an absent key with 404 and a context that a first write can use", async () => {
    const world = await ClusterWorld.start(3);
    const { status, context } = await world.read("n1", "nothing");
    expect(status).toBe(404);
    expect(await world.write("n2", "nothing", "first", context)).toBe(204);
    expect((await world.read("n3", "nothing")).values).toEqual(["first"]);
  });

  test("D-4.1-7 keeps a blind write beside what is there, and a write with the context replaces both", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "cart", "one");
    await world.write("n2", "cart", "two");
    const both = await world.read("n3", "cart");
    expect(both.values).toEqual(["one", "two"]);
    expect(await world.write("n1", "cart", "merged", both.context)).toBe(204);
    expect((await world.read("n2", "cart")).values).toEqual(["merged"]);
  });

  test("put after put with the context of the first overwrites only what that context covers", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "k", "start");
    const { context } = await world.read("n1", "k");
    await world.write("n1", "k", "left", context);
    await world.write("n1", "k", "right", context);
    expect((await world.read("n2", "k")).values).toEqual(["left", "right"]);
  });

  test("D-4.1-9 deletes with the context read, and the tombstone's context lets a later put replace it", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "k", "value");
    const { context } = await world.read("n1", "k");
    const path = `/kv64/${Buffer.from("k").toString("base64url")}`;
    expect((await world.request("n2", "DELETE", path)).status).toBe(428);
    expect((await world.request("n2", "DELETE", path, { context })).status).toBe(204);
    const gone = await world.read("n3", "k");
    expect(gone.status).toBe(404);
    await world.write("n1", "k", "again", gone.context);
    expect((await world.read("n2", "k")).values).toEqual(["again"]);
    await world.pass(100);
    expect((await world.own("n3", "k")).versions).toBe(1);
  });

  test("D-4.1-9 a put without the tombstone's context stands beside the tombstone", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "k", "value");
    const { context } = await world.read("n1", "k");
    const path = `/kv64/${Buffer.from("k").toString("base64url")}`;
    expect((await world.request("n2", "DELETE", path, { context })).status).toBe(204);
    expect(await world.write("n1", "k", "blind")).toBe(204);
    await world.pass(100);
    expect((await world.read("n2", "k")).values).toEqual(["blind"]);
    expect((await world.own("n3", "k")).versions).toBe(2);
  });

  test("D-4.1-4 refuses the context of another key and changes nothing", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "a", "a1");
    await world.write("n1", "b", "b1");
    const { context } = await world.read("n1", "a");
    const path = `/kv64/${Buffer.from("b").toString("base64url")}`;
    for (const name of world.names) {
      const response = await world.request(name, "PUT", path, { body: "b2", context });
      expect(response.status).toBe(400);
      expect(JSON.parse(Buffer.from(response.body).toString())).toMatchObject({
        code: "bad-context",
        definite: true,
      });
    }
    expect((await world.read("n1", "b")).values).toEqual(["b1"]);
  });

  test("D-4.6-1 sloppy quorum writes and reads on while two of the three owners are cut off; hints go home afterwards", async () => {
    const world = await ClusterWorld.start(5);
    const [a = "", b = "", c = "", d = "", e = ""] = world.preferenceList("k");
    world.partition([a, b], [c, d, e]);
    await suspectEverybody(world, c, [a, b]);
    expect(await world.write(c, "k", "during")).toBe(204);
    expect((await world.read(d, "k")).values).toEqual(["during"]);
    expect((await world.own(a, "k")).digest).toBeNull();
    world.heal();
    await world.pass(5_000);
    for (const name of world.names) expect((await world.status(name)).hints).toBe(0);
    const digests = await Promise.all(
      [a, b, c].map(async (name) => (await world.own(name, "k")).digest),
    );
    expect(new Set(digests).size).toBe(1);
    expect(digests[0]).not.toBeNull();
    for (const name of [d, e]) expect((await world.own(name, "k")).digest).toBeNull();
  });

  test("D-4.6-5 reads a write that only fallbacks hold while every owner is away", async () => {
    const world = await ClusterWorld.start(6);
    const list = world.preferenceList("k");
    const owners = list.slice(0, 3);
    const [d = "", e = "", f = ""] = list.slice(3);
    world.partition(owners, [d, e, f]);
    await suspectEverybody(world, d, owners);
    await suspectEverybody(world, e, owners);
    expect(await world.write(d, "k", "kept")).toBe(204);
    expect((await world.read(e, "k")).values).toEqual(["kept"]);
  });

  test("D-4.6-1, D-4.5-7, K-10 strict quorum refuses what sloppy quorum allows, and says that the write is in doubt", async () => {
    const world = await ClusterWorld.start(5, { quorum: "strict" });
    const [a = "", b = "", c = "", d = "", e = ""] = world.preferenceList("k");
    world.partition([a, b], [c, d, e]);
    const path = `/kv64/${Buffer.from("k").toString("base64url")}`;
    const response = await world.request(c, "PUT", path, { body: "v" });
    expect(response.status).toBe(503);
    expect(JSON.parse(Buffer.from(response.body).toString())).toMatchObject({
      code: "write-quorum-not-met",
      definite: false,
    });
    expect((await world.request(c, "GET", path)).status).toBe(503);
    world.heal();
    await world.pass(5_000);
    // K-10: what was refused in doubt may appear, here through the hints the coordinator kept.
    expect((await world.read(a, "k")).values).toEqual(["v"]);
  });

  test("a write may ask for a strict quorum, or for a sloppy one, whatever the cluster's own", async () => {
    for (const [own, asked, status] of [
      ["sloppy", "strict", 503],
      ["strict", "sloppy", 204],
    ] as const) {
      const world = await ClusterWorld.start(6, { quorum: own });
      const list = world.preferenceList("k");
      const [a = "", b = "", c = "", d = "", e = ""] = list;
      world.partition([a, b], [c, d, e]);
      for (const node of [c, e]) await suspectEverybody(world, node, [a, b]);
      // Forwarded by e, which passes on what was asked.
      for (const node of [c, e]) {
        const query = `?quorum=${asked}`;
        expect(await world.write(node, "k", node, "", query), `${own} ${node}`).toBe(status);
      }
      expect(await world.write(c, "k", "plain")).toBe(own === "sloppy" ? 204 : 503);
    }
  });

  test("strict quorum counts no hint of a node that coordinates for want of every owner", async () => {
    const world = await ClusterWorld.start(5, { quorum: "strict", n: 2, r: 1, w: 1 });
    const [a = "", b = "", c = "", d = "", e = ""] = world.preferenceList("k");
    world.partition([a, b], [c, d, e]);
    await suspectEverybody(world, c, [a, b]);
    const path = `/kv64/${Buffer.from("k").toString("base64url")}`;
    const response = await world.request(c, "PUT", path, { body: "v" });
    expect(response.status).toBe(503);
    expect(JSON.parse(Buffer.from(response.body).toString())).toMatchObject({
      code: "too-few-nodes",
      definite: true,
    });
    world.heal();
    await world.pass(5_000);
    for (const name of [a, b, c]) expect((await world.own(name, "k")).digest).toBeNull();
    expect((await world.status(c)).hints).toBe(0);
    expect(await world.write(c, "k", "after")).toBe(204);
  });

  test("D-4.6-6, D-4.5-7 a node cut off from all others refuses at once and definitely once it believes them down, takes W=1, and serves again after", async () => {
    const world = await ClusterWorld.start(5);
    await world.write("n2", "k", "before");
    world.partition(["n1"], ["n2", "n3", "n4", "n5"]);
    await suspectEverybody(world, "n1", ["n2", "n3", "n4", "n5"]);
    const startMs = world.clock.monotonicMs();
    for (const method of ["GET", "PUT"]) {
      const response = await world.request("n1", method, "/kv/k", { body: "v" });
      expect(JSON.parse(Buffer.from(response.body).toString())).toMatchObject({
        code: "too-few-nodes",
        definite: true,
      });
    }
    expect(world.clock.monotonicMs() - startMs).toBeLessThan(50);
    expect((await world.request("n1", "PUT", "/kv/k?w=1", { body: "alone" })).status).toBe(204);
    world.heal();
    await world.pass(2_000);
    expect((await world.read("n1", "k")).values).toEqual(["alone", "before"]);
  });

  test("D-2.3-2, D-4.4-5 concurrent writes on both sides of a partition are both there after it heals, until one that read both replaces them", async () => {
    const world = await ClusterWorld.start(5);
    await world.write("n1", "cart", "base");
    const { context } = await world.read("n1", "cart");
    const [left, right] = [
      ["n1", "n2"],
      ["n3", "n4", "n5"],
    ];
    world.partition(left ?? [], right ?? []);
    for (const name of left ?? []) await suspectEverybody(world, name, right ?? []);
    for (const name of right ?? []) await suspectEverybody(world, name, left ?? []);
    expect(await world.write("n1", "cart", "left", context)).toBe(204);
    expect(await world.write("n3", "cart", "right", context)).toBe(204);
    world.heal();
    await world.pass(5_000);
    for (const name of world.names) {
      expect((await world.read(name, "cart")).values).toEqual(["left", "right"]);
    }
    const both = await world.read("n2", "cart");
    expect(await world.write("n4", "cart", "left and right", both.context)).toBe(204);
    await world.pass(500);
    for (const name of world.preferenceList("cart").slice(0, 3)) {
      expect((await world.own(name, "cart")).versions).toBe(1);
    }
    expect((await world.read("n1", "cart")).values).toEqual(["left and right"]);
  });

  test("D-5-7 repairs stale replicas after the reply, not found included", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "k", "v1");
    const stale = world.preferenceList("k")[2] ?? "";
    await world.at(stale).node.stop();
    world.nodes.delete(stale);
    await world.startNode(stale, new MemoryEngine());
    expect((await world.own(stale, "k")).digest).toBeNull();
    await world.read("n1", "k");
    await world.pass(300);
    expect((await world.own(stale, "k")).digest).not.toBeNull();
  });

  test("D-4.4-11, K-6 a restarted node mints under a new incarnation, so no dot is used twice", async () => {
    const world = await ClusterWorld.start(3, { w: 1, r: 1 });
    await world.write("n1", "k", "before");
    const { context } = await world.read("n1", "k");
    const before = (await world.status("n1")).incarnation;
    await world.at("n1").node.stop();
    await world.startNode("n1", new MemoryEngine());
    expect((await world.status("n1")).incarnation).not.toBe(before);
    await world.write("n1", "k", "blind");
    await world.pass(500);
    expect((await world.read("n2", "k", "?r=3")).values).toEqual(["before", "blind"]);
    await world.write("n2", "k", "after", context);
    await world.pass(500);
    expect((await world.read("n3", "k", "?r=3")).values).toEqual(["after", "blind"]);
  });

  test("D-5-4 stop() ends with no timer set, no connection open and no request alive", async () => {
    const world = await ClusterWorld.start(3);
    await world.write("n1", "k", "v");
    for (const name of world.names) await world.drive(world.at(name).node.stop());
    await world.pass(2_000);
    expect(world.clock.timerCount).toBe(0);
    expect(world.network.openCount).toBe(0);
    for (const name of world.names) {
      expect(world.at(name).environment.metrics.valueOf("ringside_live_requests")).toBe(0);
    }
  });

  test("K-22 a strict read waits for the key's own replicas, a sloppy one believes a fallback", async () => {
    const world = await ClusterWorld.start(5, { n: 2, r: 1, w: 1, hedgeMs: 20 });
    const key = "slow";
    const [first = "", second = ""] = world.preferenceList(key);
    expect(await world.write(first, key, "kept", "", "?w=2")).toBe(204);
    const asked = world.names.find((name) => name !== first && name !== second) ?? "";
    world.partition([first, second], [asked]);
    expect((await world.read(asked, key)).status).toBe(404);
    const strict = await world.read(asked, key, "?quorum=strict&timeoutMs=200");
    expect(strict.status).toBe(503);
    world.heal();
    await world.pass(2_000);
    expect((await world.read(asked, key, "?quorum=strict&r=2")).values).toEqual(["kept"]);
  });

  test("D-4.5-4 names of parameters and values are checked", async () => {
    const world = await ClusterWorld.start(3);
    for (const query of ["?r=0", "?r=4", "?r=two", "?w=1", "?timeoutMs=0", "?quorum=most"]) {
      expect((await world.request("n1", "GET", `/kv/k${query}`)).status).toBe(400);
    }
    for (const query of ["?w=0", "?w=4", "?return=all", "?quorum=most"]) {
      expect((await world.request("n1", "PUT", `/kv/k${query}`)).status).toBe(400);
    }
    expect((await world.request("n1", "POST", "/kv/k")).status).toBe(405);
    expect((await world.request("n1", "GET", "/nowhere")).status).toBe(404);
  });

  test("D-4.3-5 refuses a quorum that the ring cannot form", async () => {
    const world = await ClusterWorld.start(1);
    const response = await world.request("n1", "PUT", "/kv/k", { body: "v" });
    expect(JSON.parse(Buffer.from(response.body).toString())).toMatchObject({
      code: "too-few-nodes",
      definite: true,
    });
    expect((await world.request("n1", "PUT", "/kv/k?w=1", { body: "v" })).status).toBe(204);
    expect((await world.read("n1", "k", "?r=1")).values).toEqual(["v"]);
  });
});
