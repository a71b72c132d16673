import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import { quietEnvironment } from "../../../src/env/testing/quiet-environment.ts";
import type { Connection } from "../../../src/env/transport.ts";
import { describeRpcContract } from "../../../src/rpc/testing/rpc-contract.ts";
import { MachineClock } from "./machine-clock.ts";
import { Scheduler } from "./scheduler.ts";
import { SimNetwork } from "./sim-network.ts";
import { SimProcess } from "./sim-process.ts";

const LINKS = [
  { from: "a", to: "b" },
  { from: "b", to: "a" },
];

function openWorld(choppedShare = 0) {
  const scheduler = new Scheduler();
  const silences: string[] = [];
  const network = new SimNetwork({
    scheduler,
    random: new SeededRandom(7),
    world: { network: { minMs: 1, meanMs: 3 }, links: {}, choppedShare },
    links: LINKS,
    onSilence: ({ dialler, target }, silentMs) =>
      silences.push(`${dialler} to ${target}: ${silentMs}`),
  });
  const process = (): SimProcess =>
    new SimProcess((error) => {
      throw error;
    });
  const run = <T>(promise: Promise<T>) =>
    scheduler.run(promise, { untilMs: Number.POSITIVE_INFINITY });
  const pass = (ms: number) => run(new Promise<void>((resolve) => scheduler.setTimer(ms, resolve)));
  return { scheduler, network, process, run, pass, silences };
}

for (const [name, choppedShare] of [
  ["the simulated network", 0],
  ["the simulated network, chopped", 1],
] as const) {
  describeRpcContract(name, async () => {
    const { scheduler, network, process, run } = openWorld(choppedShare);
    const own = process();
    return {
      env: {
        ...quietEnvironment(new MachineClock(scheduler).of(own)),
        transport: network.transportOf("a", own),
      },
      drive: run,
      close: async () => {},
    };
  });
}

describe("SimNetwork", () => {
  async function connected() {
    const world = openWorld();
    const { network, process, pass } = world;
    const a = process();
    const b = process();
    const heardByB: string[] = [];
    const heardByA: string[] = [];
    let accepted: Connection | undefined;
    await network.transportOf("b", b).listen(SimNetwork.plainAddressOf("b"), (connection) => {
      accepted = connection;
      return {
        onOpen: () => heardByB.push("open"),
        onData: (bytes) => heardByB.push(Buffer.from(bytes).toString()),
        onClose: () => heardByB.push("close"),
      };
    });
    const dial = (address: string) =>
      network.transportOf("a", a).connect(address, {
        onOpen: () => heardByA.push("open"),
        onData: (bytes) => heardByA.push(Buffer.from(bytes).toString()),
        onClose: () => heardByA.push("close"),
      });
    const through = SimNetwork.addressOf({ from: "a", to: "b" });
    const connection = dial(through);
    await pass(100);
    const reply = (text: string) => accepted?.send(Buffer.from(text));
    return { ...world, a, b, heardByA, heardByB, dial, through, connection, reply };
  }

  test("carries bytes both ways, counts them by link, and closes both ends", async () => {
    const { network, connection, reply, heardByA, heardByB, pass } = await connected();
    connection.send(Buffer.from("ping"));
    await pass(50);
    reply("pong!");
    await pass(50);
    connection.close();
    await pass(50);
    expect(heardByB).toEqual(["open", "ping", "close"]);
    expect(heardByA).toEqual(["open", "pong!", "close"]);
    expect([...network.carriedBytes(LINKS)]).toEqual([
      ["a~b", 4],
      ["b~a", 5],
    ]);
    expect(network.openCount).toBe(0);
  });

  test("a black hole from a to b swallows what a says, lets b speak, and ends the connection when it goes", async () => {
    const { network, connection, reply, heardByA, heardByB, pass } = await connected();
    const heal = network.impair([{ from: "a", to: "b" }], { kind: "black-hole" });
    connection.send(Buffer.from("lost"));
    reply("heard");
    await pass(50);
    expect(heardByB).toEqual(["open"]);
    expect(heardByA).toEqual(["open", "heard"]);
    heal();
    await pass(50);
    expect(heardByB).toEqual(["open", "close"]);
    expect(heardByA).toEqual(["open", "heard", "close"]);
  });

  test("a closed link breaks and refuses connections until it is healed, also where it is named twice", async () => {
    const { network, dial, through, heardByA, heardByB, pass } = await connected();
    const heal = network.impair([...LINKS, ...LINKS], { kind: "closed" });
    await pass(50);
    dial(through);
    await pass(50);
    expect(heardByA).toEqual(["open", "close", "close"]);
    expect(heardByB).toEqual(["open", "close"]);
    heal();
    dial(through);
    await pass(50);
    expect(heardByA.at(-1)).toBe("open");
  });

  test("whoever dials the plain address goes past every fault and is not counted", async () => {
    const { network, dial, heardByB, pass } = await connected();
    network.impair(LINKS, { kind: "black-hole" });
    const past = dial(SimNetwork.plainAddressOf("b"));
    past.send(Buffer.from("past"));
    await pass(50);
    expect(heardByB).toEqual(["open", "open", "past"]);
    expect([...network.carriedBytes(LINKS).values()]).toEqual([0, 0]);
  });

  test("dialling through a black hole succeeds, and nobody listening is refused", async () => {
    const { network, dial, through, heardByA, b, pass } = await connected();
    network.impair([{ from: "a", to: "b" }], { kind: "black-hole" });
    dial(through);
    await pass(50);
    expect(heardByA).toEqual(["open", "open"]);
    b.kill();
    dial(through);
    await pass(50);
    expect(heardByA).toContain("close");
  });

  test("a dying process closes its connections, after what it had sent", async () => {
    const { connection, a, heardByB, heardByA, pass } = await connected();
    connection.send(Buffer.from("last words"));
    a.kill();
    await pass(50);
    expect(heardByB).toEqual(["open", "last words", "close"]);
    expect(heardByA).toEqual(["open"]);
  });

  test("a paused process hears everything when it goes on", async () => {
    const { connection, b, heardByB, pass } = await connected();
    b.pause();
    connection.send(Buffer.from("while asleep"));
    await pass(500);
    expect(heardByB).toEqual(["open"]);
    b.resume();
    expect(heardByB).toEqual(["open", "while asleep"]);
  });

  test("tells of who sends where nothing came back for more than a second", async () => {
    const { connection, reply, pass, silences } = await connected();
    connection.send(Buffer.from("waits from now on"));
    await pass(1_000);
    connection.send(Buffer.from("not long yet"));
    expect(silences).toEqual([]);
    await pass(1);
    connection.send(Buffer.from("too long"));
    expect(silences).toEqual(["a to b: 1001"]);
    reply("an answer");
    await pass(2_000);
    connection.send(Buffer.from("waits anew"));
    // Who only answers waits for nothing.
    reply("another");
    expect(silences).toHaveLength(1);
  });

  test("tells of no silence that a pause of the sender's own process makes", async () => {
    const { connection, reply, a, pass, silences } = await connected();
    connection.send(Buffer.from("before"));
    a.pause();
    reply("held");
    await pass(3_000);
    a.resume();
    connection.send(Buffer.from("after"));
    expect(silences).toEqual([]);
    await pass(1_001);
    connection.send(Buffer.from("after long"));
    expect(silences).toEqual(["a to b: 1001"]);
  });

  test("a reset loses what was under way and tells both ends", async () => {
    const { network, connection, heardByA, heardByB, pass } = await connected();
    connection.send(Buffer.from("under way"));
    network.reset(LINKS, "reset");
    await pass(50);
    expect(heardByB).toEqual(["open", "close"]);
    expect(heardByA).toEqual(["open", "close"]);
  });
});
