/*
 * Aim: both kinds of client of the paper work against a whole cluster, and one of them saves the hop (D-3.3-1, D-4.5-1). Method: the library over a
 * cluster in one process, a client in front of each node, every key through every client; what nodes count as forwarded is the hop counter.
 */
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../base/bytes.ts";
import { SeededRandom } from "../base/seeded-random.ts";
import { RingsideClient } from "../client/ringside-client.ts";
import type { RoutingKind } from "../client/routing.ts";
import { ROUTINGS } from "../client/routing.ts";
import { ClusterWorld, clientUrl } from "./testing/cluster-world.ts";
import { WorldCaller } from "./testing/world-caller.ts";

const NODES = 5;
const N = 3;
const KEYS = Array.from({ length: 30 }, (_, number) => `key ${number}`);

/** A cluster, and for each node a client that was given this node alone. */
async function worldOf(routing: RoutingKind, settings: object = {}) {
  const world = await ClusterWorld.start(NODES, { antiEntropyMs: 0, ...settings });
  const http = new WorldCaller(world);
  const asked: string[] = [];
  const clients = world.names.map((name) => {
    const random = new SeededRandom(`client of ${name}`);
    return new RingsideClient(
      { clock: world.clock, random, http },
      {
        endpoints: [clientUrl(name)],
        routing,
        onAttempt: ({ endpoint }) => asked.push(endpoint),
      },
    );
  });
  const hops = () =>
    world.names.map((name) =>
      world.at(name).environment.metrics.valueOf("ringside_writes_forwarded_total"),
    );
  // The first call finds no ring yet.
  for (const client of clients) await world.drive(client.get(utf8Bytes("warm")));
  /** What a call made nodes forward, by node; and whom the client asked, the last one last. */
  const traced = async (call: () => Promise<unknown>) => {
    asked.length = 0;
    const before = hops();
    await world.drive(call());
    const forwards = hops().map((count, at) => count - (before[at] ?? 0));
    return { forwards, asked: asked.map((url) => new URL(url).hostname.replace(".client", "")) };
  };
  return { world, http, clients, traced };
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

describe.each(ROUTINGS)("D-4.5-1 a client with routing %s", (routing) => {
  test("writes and reads every key through every node", async () => {
    const { world, clients } = await worldOf(routing);
    for (const key of KEYS) {
      const bytes = utf8Bytes(key);
      let context: string | undefined;
      for (const [at, client] of clients.entries()) {
        const put = context === undefined ? {} : { context };
        await world.drive(client.put(bytes, utf8Bytes(`${key} by ${at}`), put));
        for (const reader of clients) {
          const read = await world.drive(reader.get(bytes));
          expect(read.siblings.map(({ bytes: value }) => Buffer.from(value).toString())).toEqual([
            `${key} by ${at}`,
          ]);
          context = read.context;
        }
      }
      const [first] = clients;
      await world.drive(first?.delete(bytes, { context: context ?? "" }) ?? Promise.reject());
      for (const reader of clients) {
        expect((await world.drive(reader.get(bytes))).siblings).toEqual([]);
      }
    }
  });

  test("keeps siblings apart, names its writes and reads by its session", async () => {
    const { world, clients } = await worldOf(routing);
    const [one, two] = clients as [RingsideClient, RingsideClient];
    const key = utf8Bytes("cart");
    const operation = "order-4711-paid--";
    await world.drive(one.put(key, utf8Bytes("a"), { operation }));
    await world.drive(two.put(key, utf8Bytes("a"), { operation }));
    const session = await world.drive(two.putForSession(key, utf8Bytes("b")));
    const read = await world.drive(one.get(key, { atLeast: { session }, requireFresh: true }));
    expect(read.siblings.map(({ bytes }) => Buffer.from(bytes).toString()).sort()).toEqual([
      "a",
      "b",
    ]);
  });
});

describe("D-3.3-1 hops of every key through the client of every node", () => {
  test("one at most where any node is asked, and not all are spared", async () => {
    const { clients, traced, world } = await worldOf("any");
    let forwarded = 0;
    for (const key of KEYS) {
      for (const [at, client] of clients.entries()) {
        const { forwards, asked } = await traced(() =>
          client.put(utf8Bytes(key), utf8Bytes("value")),
        );
        expect(asked).toEqual([world.names[at]]);
        expect(sum(forwards)).toBeLessThanOrEqual(1);
        // Only who was asked forwards; who takes a forwarded write does not.
        expect(sum(forwards)).toBe(forwards[at]);
        forwarded += sum(forwards);
        expect(sum((await traced(() => client.get(utf8Bytes(key)))).forwards)).toBe(0);
      }
    }
    const foreign = KEYS.length * (NODES - N);
    expect(forwarded).toBe(foreign);
  });

  test.each(["any-owner", "first-owner"])(
    "none where the client knows the ring, under %s",
    async (writeCoordinator) => {
      const { clients, traced, world } = await worldOf("owners", { writeCoordinator });
      for (const key of KEYS) {
        const [first = ""] = world.preferenceList(key);
        for (const client of clients) {
          const written = await traced(() => client.put(utf8Bytes(key), utf8Bytes("value")));
          expect(written).toEqual({ forwards: Array(NODES).fill(0), asked: [first] });
          const read = await traced(() => client.get(utf8Bytes(key)));
          expect(read).toEqual({ forwards: Array(NODES).fill(0), asked: [first] });
        }
      }
    },
  );

  test("none either while clients do not reach the first of the key's nodes, and one until the ring is known", async () => {
    const { http, clients, traced, world } = await worldOf("owners");
    for (const key of KEYS) {
      const [first = "", second] = world.preferenceList(key);
      http.closed.add(first);
      for (const client of clients) {
        const { forwards, asked } = await traced(() =>
          client.put(utf8Bytes(key), utf8Bytes("value")),
        );
        expect(sum(forwards)).toBe(0);
        expect(asked.at(-1)).toBe(second);
      }
      http.closed.clear();
      await world.pass(1_001);
      // Who answers is not doubted any more.
      for (const client of clients) {
        const { asked } = await traced(() => client.get(utf8Bytes(key)));
        expect(asked.at(-1)).toBe(first);
      }
    }
    const key = KEYS.find((each) => !world.preferenceList(each).slice(0, N).includes("n1")) ?? "";
    const stranger = new RingsideClient(
      { clock: world.clock, random: new SeededRandom(1), http },
      { endpoints: [clientUrl("n1")], routing: "owners" },
    );
    const hops: number[] = [];
    for (let time = 0; time < 3; time += 1) {
      hops.push(
        sum((await traced(() => stranger.put(utf8Bytes(key), utf8Bytes("value")))).forwards),
      );
    }
    expect(hops).toEqual([1, 0, 0]);
  });
});
