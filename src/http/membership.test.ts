/*
 * Aim: a cluster is given nodes and loses some while it serves, and no acknowledged write is lost (paper 4.8.1, 4.9). Method: real nodes in one
 * process on virtual time, the client library adding items all the while, an operator who talks to one node; in the end each range
 * must lie whole with each of its N owners, which their trees tell.
 */
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { MemoryEngine } from "../storage/memory-engine.ts";
import { KeptEngine } from "../storage/testing/kept-engine.ts";
import { AddingClients } from "./testing/adding-clients.ts";
import { ClusterWorld, memberOfPlace } from "./testing/cluster-world.ts";
import { brokenRanges, countOf, kill, N, Operator, SETTINGS } from "./testing/operated-world.ts";

/** Two attempts of the client library at a node that is silent, and one that another serves. */
const ADD_MS_MAX = 1_500;

/** Nothing is lost, everything is whole, and no add failed or took longer than a client waits for a silent node. */
async function expectWhole(
  world: ClusterWorld,
  clients: AddingClients,
  members: readonly string[],
): Promise<void> {
  await clients.stop();
  await world.pass(8_000);
  expect(await brokenRanges(world, members)).toEqual([]);
  for (const name of members) expect(await clients.lost(name)).toEqual([]);
  expect(clients.acknowledgedCount).toBeGreaterThan(100);
  expect(clients.failures).toEqual([]);
  expect(Math.max(...clients.latenciesMs)).toBeLessThan(ADD_MS_MAX);
}

describe("a node joins and a founder leaves under load", () => {
  test.each([0, 1, 2])(
    "D-2.3-5 D-4.9-1 D-4.9-3 D-4.9-4 and nothing is lost, seed %i",
    async (seed) => {
      const world = await ClusterWorld.start(4, SETTINGS, 1);
      const operator = new Operator(world);
      const clients = new AddingClients(world, { seed });
      clients.start();
      await world.pass(2_000);
      await operator.add("n5", `n${1 + seed}`);
      await operator.until(["n1", "n2", "n3", "n4", "n5"]);
      await world.pass(1_000);
      await operator.remove(`n${2 + seed}`, "n5");
      const left = ["n1", "n2", "n3", "n4", "n5"].filter((name) => name !== `n${2 + seed}`);
      await operator.until(left);
      // Without any time for repair: the new owners' quorums are as good as the old ones'.
      await clients.stop();
      for (const name of left) expect(await clients.lost(name, 2)).toEqual([]);
      await expectWhole(world, clients, left);
      const again = countOf(world, "a request was sent again under another ring");
      const heard = countOf(world, "a replica heard of a change by a request, and served it");
      // A change reaches those who need it by the requests that need it, and fails none of them.
      expect(again + heard).toBeGreaterThan(0);
    },
  );
});

describe("a node joins while", () => {
  test.each([0, 1, 2])(
    "D-4.9-4 the cluster is cut in two for a while, and nothing is lost, seed %i",
    async (seed) => {
      const world = await ClusterWorld.start(4, SETTINGS, 1);
      const operator = new Operator(world);
      const clients = new AddingClients(world, { seed });
      clients.start();
      await world.pass(1_000);
      const cut = `n${1 + seed}`;
      const rest = world.names.filter((name) => name !== cut);
      world.partition([cut], [...rest, "n5"]);
      await operator.add("n5", rest[0] ?? "");
      await operator.until([...world.names, "n5"], [...rest, "n5"]);
      // It goes by the ring before, and nobody who knows better counts for it.
      expect(world.at(cut).node.ring().nodes).toEqual(world.names);
      await world.pass(2_000);
      world.heal();
      await operator.until([...world.names, "n5"]);
      await world.pass(2_000);
      await expectWhole(world, clients, [...world.names, "n5"]);
      expect(clients.acknowledgedCount).toBeGreaterThan(100);
    },
  );

  test.each(["n1", "n2", "n3", "n4"])(
    "D-2.3-6 D-2.3-7 %s is dead, on the word of any other, and the dead one is removed",
    async (dead) => {
      const world = await ClusterWorld.start(4, SETTINGS, 1);
      const operator = new Operator(world);
      const clients = new AddingClients(world, { seed: 7 });
      clients.start();
      await world.pass(1_000);
      kill(world, clients, dead);
      const alive = world.names.filter((name) => name !== dead);
      await operator.add("n5", alive.at(-1) ?? "");
      await operator.until([...world.names, "n5"], [...alive, "n5"]);
      await operator.remove(dead, "n5");
      const left = [...alive, "n5"];
      await operator.until(left);
      await clients.stop();
      await world.pass(8_000);
      expect(await brokenRanges(world, left)).toEqual([]);
      for (const name of left) expect(await clients.lost(name)).toEqual([]);
      expect(clients.acknowledgedCount).toBeGreaterThan(100);
    },
  );
});

test("D-4.9-1 D-4.9-2 a node has all of the ranges that it gains before it owns them, and each key was transferred once", async () => {
  const world = await ClusterWorld.start(4, SETTINGS, 1);
  const operator = new Operator(world);
  const keys = Array.from({ length: 300 }, (_, number) => `key ${number}`);
  for (const key of keys) expect(await world.write("n1", key, key)).toBe(204);
  await world.pass(5_000);
  const moved = () => {
    const count = (how: string) =>
      [...world.nodes.values()].reduce(
        (sum, { environment }) =>
          sum + environment.metrics.valueOf("ringside_anti_entropy_keys_total", { how }),
        0,
      );
    return count("pulled") + count("pushed");
  };
  expect(moved()).toBe(0);
  await operator.add("n5", "n2");
  await operator.until([...world.names, "n5"]);
  // At once: it has everything before it counts as an owner.
  expect(await brokenRanges(world, [...world.names, "n5"])).toEqual([]);
  await world.pass(5_000);
  const ring = world.at("n5").node.ring();
  const gained = keys.filter((key) =>
    ring
      .preferenceList(utf8Bytes(key))
      .slice(0, N)
      .includes("n5" as never),
  );
  expect(gained.length).toBeGreaterThan(100);
  expect(moved()).toBe(gained.length);
});

test("D-4.8.1-1 a node that is started by accident joins nothing, is sent nothing and serves nobody", async () => {
  const world = await ClusterWorld.start(4, SETTINGS, 1);
  await world.startNode("n5", new MemoryEngine());
  for (let number = 0; number < 50; number += 1) {
    expect(await world.write("n1", `key ${number}`, "value")).toBe(204);
  }
  await world.pass(10_000);
  for (const name of world.names) expect(world.at(name).node.ring().nodes).not.toContain("n5");
  expect((await new Operator(world).members("n5")).isMember).toBe(false);
  for (let number = 0; number < 50; number += 1) {
    expect((await world.own("n5", `key ${number}`)).versions).toBe(0);
  }
  const { status, body } = await world.request("n5", "GET", "/kv/key");
  expect([status, Buffer.from(body).toString()]).toEqual([
    503,
    expect.stringContaining("no member"),
  ]);
  expect((await world.request("n5", "GET", "/healthz")).status).toBe(503);
  // Else an orchestrator would restart it for as long as nobody joins it.
  expect((await world.request("n5", "GET", "/livez")).status).toBe(200);
  expect((await new Operator(world).order("n5", "join", memberOfPlace("n5"))).status).toBe(503);
});

test("D-4.8.1-3 a member that joined is one after a restart of everybody, and one that left is none", async () => {
  const world = new ClusterWorld(4, SETTINGS, 1);
  const engines = new Map(world.places.map((name) => [name, new KeptEngine()]));
  const engineOf = (name: string) => engines.get(name) ?? new KeptEngine();
  for (const name of world.names) await world.startNode(name, engineOf(name));
  const operator = new Operator(world);
  await operator.add("n5", "n1", engineOf("n5"));
  await operator.until([...world.names, "n5"]);
  await operator.remove("n2", "n3");
  const left = ["n1", "n3", "n4", "n5"];
  await operator.until(left);
  for (const name of world.places) await world.drive(world.at(name).node.stop());
  for (const name of world.places) await world.startNode(name, engineOf(name));
  // Each from its own disk.
  for (const name of left) expect(world.at(name).node.ring().nodes).toEqual(left);
  expect((await operator.members("n2")).isMember).toBe(false);
  await world.pass(3_000);
  expect(await world.write("n5", "key", "value")).toBe(204);
  expect((await world.read("n4", "key")).values).toEqual(["value"]);
});

test("D-4.9-3 where nobody gains a range a leave needs one to say so, the issuer or, where that one leaves, another", async () => {
  const world = await ClusterWorld.start(4, { ...SETTINGS, n: 4 });
  const operator = new Operator(world);
  await operator.remove("n4", "n1");
  await operator.until(["n1", "n2", "n3"]);
  await operator.remove("n3", "n3");
  await operator.until(["n1", "n2"]);
  expect(await world.write("n1", "key", "value")).toBe(204);
});

test("D-4.9-5 two joins and a leave that are ordered at once are done one after the other", async () => {
  const world = await ClusterWorld.start(4, SETTINGS, 2);
  const operator = new Operator(world);
  const clients = new AddingClients(world, { seed: 3 });
  clients.start();
  await world.pass(1_000);
  await operator.add("n5", "n1");
  await operator.add("n6", "n2");
  await operator.remove("n4", "n3");
  const members = ["n1", "n2", "n3", "n5", "n6"];
  await operator.until(members);
  await expectWhole(world, clients, members);
});

describe("an operator", () => {
  test("D-4.8.1-2 is told in one line what is wrong with an order", async () => {
    const world = await ClusterWorld.start(4, SETTINGS, 1);
    const operator = new Operator(world);
    const cases: readonly (readonly [string, object, string])[] = [
      ["join", { id: "n5" }, "Cannot use member.address: it is missing"],
      ["join", memberOfPlace("n2"), "Cannot add node n2: it is a member already"],
      ["join", { ...memberOfPlace("n5"), color: "red" }, "known are id, address, clientUrl"],
      ["leave", { id: "n9" }, "Cannot remove node n9: it is no member"],
      ["leave", {}, "Cannot use id: it is missing"],
      ["withdraw", { change: "n1/x/1" }, "under way are none"],
    ];
    for (const [verb, order, text] of cases) {
      const answer = await operator.order("n3", verb, order);
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(text)]);
    }
    expect((await operator.members("n3")).members).toHaveLength(4);
  });

  test("D-4.9-5 withdraws the join of a node that never comes, and another joins", async () => {
    const world = await ClusterWorld.start(4, SETTINGS, 2);
    const operator = new Operator(world);
    await operator.order("n1", "join", memberOfPlace("n6"));
    await world.pass(5_000);
    const { open } = await operator.members("n2");
    expect(open?.receivers).toHaveProperty("n6.received", false);
    expect(await world.write("n3", "key", "value")).toBe(204);
    await operator.order("n2", "withdraw", { change: open?.change });
    await operator.until(world.names);
    await operator.add("n5", "n4");
    await operator.until([...world.names, "n5"]);
  });

  test("is refused where the membership is static", async () => {
    const world = await ClusterWorld.start(3);
    const answer = await new Operator(world).order("n1", "leave", { id: "n2" });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("gossipMs is 0")]);
    expect((await new Operator(world).members("n1")).members).toHaveLength(3);
  });
});
