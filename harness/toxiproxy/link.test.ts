// Aim: each toxic does to live and to new connections what the real server's toxic does. The
// scenarios are those of the real server's own tests and a few more. Times are lower bounds where
// the toxic promises them; upper bounds are wide, as they only show that nothing hangs.
import { expect, test } from "vitest";
import type { Peer } from "./testing/peer.ts";
import { isListening } from "./testing/peer.ts";
import { startWorld } from "./testing/world.ts";

/** More than any machine takes for a step that should take no time. */
const SOON_MS = 1_000;

async function elapsedMs(task: Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now();
  await task;
  return performance.now() - startedAtMs;
}

/** One byte up and one byte down: when it resolves, all that was sent before has gone through. */
async function roundTrip(near: Peer, far: Peer): Promise<void> {
  near.write("?");
  expect(await far.read(1)).toBe("?");
  far.write("!");
  expect(await near.read(1)).toBe("!");
}

test.each([
  ["upstream", 300, 0],
  ["downstream", 0, 300],
] as const)("latency on %s delays that direction only", async (stream, upMs, downMs) => {
  const { pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "latency", stream, attributes: { latency: 300 } });
  for (let round = 0; round < 2; round++) {
    near.write("up");
    const up = await elapsedMs(far.read(2));
    far.write("down");
    const down = await elapsedMs(near.read(4));
    expect(up).toBeGreaterThanOrEqual(upMs - 1);
    expect(up).toBeLessThan(upMs + 250);
    expect(down).toBeGreaterThanOrEqual(downMs - 1);
    expect(down).toBeLessThan(downMs + 250);
  }
});

test("two latency toxics add up", async () => {
  const { pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  for (const name of ["one", "two"]) {
    await addToxic({ type: "latency", name, stream: "upstream", attributes: { latency: 150 } });
  }
  near.write("x");
  const took = await elapsedMs(far.read(1));
  expect(took).toBeGreaterThanOrEqual(299);
  expect(took).toBeLessThan(300 + SOON_MS);
});

test("latency does not limit bandwidth", async () => {
  const { pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "latency", attributes: { latency: 100 } });
  const message = Buffer.alloc(16 * 1024 * 1024, "hello world ");
  far.write(message);
  const startedAtMs = performance.now();
  expect((await near.readBytes(message.length)).equals(message)).toBe(true);
  // One chunk of 64 KiB at a time would take 25 seconds.
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
});

test("jitter takes from the latency and adds to it, by chance that is injected", async () => {
  const chances = { next: 0 };
  const { pair, addToxic } = await startWorld({ random: () => chances.next });
  const { near, far } = await pair();
  const attributes = { latency: 400, jitter: 200 };
  await addToxic({ type: "latency", stream: "upstream", attributes });
  near.write("x");
  const shortest = await elapsedMs(far.read(1));
  chances.next = 0.999;
  near.write("x");
  const longest = await elapsedMs(far.read(1));
  expect(shortest).toBeGreaterThanOrEqual(199);
  expect(shortest).toBeLessThan(400);
  expect(longest).toBeGreaterThanOrEqual(598);
});

test("an update of latency applies to the next byte", async () => {
  const { proxy, pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({
    type: "latency",
    name: "slow",
    stream: "upstream",
    attributes: { latency: 60_000 },
  });
  const toxic = await proxy.getToxic<Record<string, number>>("slow");
  near.write("held");
  await toxic.update({ ...toxic.toJson(), attributes: { latency: 0 } });
  expect(await elapsedMs(far.read(4))).toBeLessThan(SOON_MS);
  near.write("x");
  expect(await elapsedMs(far.read(1))).toBeLessThan(SOON_MS);
});

test("removing latency lets go of what it held, in order", async () => {
  const { pair, addToxic, removeToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({
    type: "latency",
    name: "slow",
    stream: "upstream",
    attributes: { latency: 60_000 },
  });
  await addToxic({ type: "noop", name: "behind", stream: "upstream" });
  near.write("one ");
  await new Promise(setImmediate);
  near.write("two ");
  near.socket.end("three");
  await removeToxic("slow");
  expect((await far.readToEnd()).toString()).toBe("one two three");
});

test("bandwidth limits the rate", async () => {
  const { pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "bandwidth", stream: "upstream", attributes: { rate: 500 } });
  near.write(Buffer.alloc(200_000));
  const took = await elapsedMs(far.readBytes(200_000));
  expect(took).toBeGreaterThanOrEqual(380);
  expect(took).toBeLessThan(400 + SOON_MS);
});

test("bandwidth of 0 lets nothing through until it is removed, and loses nothing", async () => {
  const { pair, addToxic, removeToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "bandwidth", name: "stop", stream: "upstream", attributes: { rate: 0 } });
  near.write("held");
  await addToxic({ type: "latency", name: "later", stream: "downstream" });
  far.write("the other direction works");
  await near.read(25);
  expect(far.pendingBytes).toBe(0);
  await removeToxic("stop");
  expect(await far.read(4)).toBe("held");
});

test("slow_close passes bytes at once and the close later", async () => {
  const { pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "slow_close", attributes: { delay: 500 } });
  const startedAtMs = performance.now();
  far.socket.end("bye");
  expect(await elapsedMs(near.read(3))).toBeLessThan(450);
  expect(await near.ending).toBe("end");
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(499);
});

test("removing slow_close closes at once", async () => {
  const { pair, addToxic, removeToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "slow_close", name: "slow", attributes: { delay: 60_000 } });
  far.socket.end("bye");
  await near.read(3);
  await removeToxic("slow");
  expect(await near.ending).toBe("end");
});

test("timeout drops bytes and closes after its time", async () => {
  const { pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "timeout", attributes: { timeout: 150 } });
  const startedAtMs = performance.now();
  far.write("lost");
  await near.ending;
  await far.ending;
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(149);
  expect(near.pendingBytes).toBe(0);
});

test("a black hole swallows its direction, never closes, and closes when it is removed", async () => {
  const { pair, addToxic, removeToxic } = await startWorld();
  const { near, far } = await pair();
  await roundTrip(near, far);
  await addToxic({ type: "timeout", name: "hole", stream: "upstream", attributes: { timeout: 0 } });
  near.write("lost");
  far.write("the other direction works");
  expect(await near.read(25)).toBe("the other direction works");
  expect(far.pendingBytes).toBe(0);
  await removeToxic("hole");
  expect(await near.ending).toBe("end");
  expect(await far.ending).toBe("end");
  expect(far.pendingBytes).toBe(0);
});

test("dialling through a black hole succeeds, and what is sent through it is read and discarded", async () => {
  const { pair, addToxic } = await startWorld();
  await addToxic({ type: "timeout", stream: "upstream", attributes: { timeout: 0 } });
  const { near, far } = await pair();
  // More than all buffers hold, so that a proxy that stopped reading would be found out.
  near.socket.write(Buffer.alloc(64 * 1024 * 1024));
  await new Promise<void>((resolve) => near.socket.once("drain", resolve));
  expect(far.pendingBytes).toBe(0);
});

test("the close of the source gets through a black hole", async () => {
  const { pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "timeout", stream: "upstream", attributes: { timeout: 0 } });
  near.socket.end("lost");
  expect((await far.readToEnd()).toString()).toBe("");
});

test("a black hole does not keep a toxic before it from being removed", async () => {
  const { pair, addToxic, removeToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({
    type: "latency",
    name: "before",
    stream: "upstream",
    attributes: { latency: 10 },
  });
  await addToxic({ type: "timeout", name: "hole", stream: "upstream", attributes: { timeout: 0 } });
  for (let round = 0; round < 5; round++) near.write("hello");
  expect(await elapsedMs(removeToxic("before"))).toBeLessThan(SOON_MS);
  expect(far.pendingBytes).toBe(0);
});

test.each([
  ["upstream", 0],
  ["upstream", 100],
  ["downstream", 100],
] as const)(
  "reset_peer on %s resets both sides %i ms after the first byte",
  async (stream, timeout) => {
    const { pair, addToxic } = await startWorld();
    await addToxic({ type: "reset_peer", stream, attributes: { timeout } });
    const { near, far } = await pair();
    const startedAtMs = performance.now();
    near.write("x");
    far.write("y");
    expect(await near.ending).toBe("ECONNRESET");
    expect(await far.ending).toBe("ECONNRESET");
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(timeout - 1);
  },
);

test("reset_peer resets connections that were there before it", async () => {
  const { pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await roundTrip(near, far);
  await addToxic({ type: "reset_peer", stream: "upstream" });
  near.write("x");
  expect(await near.ending).toBe("ECONNRESET");
  expect(await far.ending).toBe("ECONNRESET");
});

test("reset_peer leaves a silent connection alone, and is gone when removed", async () => {
  const { pair, addToxic, removeToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "reset_peer", name: "reset", stream: "upstream" });
  await removeToxic("reset");
  await roundTrip(near, far);
});

test("slicer cuts a message into slices with a pause after each", async () => {
  const { pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  const sizes: number[] = [];
  far.socket.on("data", (data: Buffer) => sizes.push(data.length));
  const attributes = { average_size: 100, size_variation: 10, delay: 2_000 };
  await addToxic({ type: "slicer", stream: "upstream", attributes });
  const message = Buffer.alloc(2_000, "0123456789");
  near.write(message);
  const startedAtMs = performance.now();
  expect((await far.readBytes(message.length)).equals(message)).toBe(true);
  // At least 2,000 / 110 slices, and no pause is waited for after the last.
  expect(performance.now() - startedAtMs).toBeGreaterThan(18 * 2);
  expect(sizes.length).toBeGreaterThan(9);
});

test("limit_data closes after its last byte, and keeps its count when updated", async () => {
  const { proxy, pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({
    type: "limit_data",
    name: "limit",
    stream: "upstream",
    attributes: { bytes: 100 },
  });
  near.write("x".repeat(60));
  await far.read(60);
  const toxic = await proxy.getToxic<Record<string, number>>("limit");
  await toxic.update({ ...toxic.toJson(), attributes: { bytes: 90 } });
  near.write("y".repeat(60));
  expect((await far.readToEnd()).toString()).toBe("y".repeat(30));
  expect(await near.ending).not.toBe("");
});

test("toxicity hits the share of connections that chance says", async () => {
  const chances = [0.49, 0.5, 0.1, 0.9];
  const { pair, addToxic } = await startWorld({ random: () => chances.shift() ?? 1 });
  await addToxic({ type: "limit_data", stream: "upstream", toxicity: 0.5 });
  const outcomes: string[] = [];
  for (let index = 0; index < 4; index++) {
    const { near, far } = await pair();
    near.write("x");
    outcomes.push(await Promise.race([far.read(1).catch(() => "closed"), far.ending]));
  }
  expect(outcomes).toEqual(["end", "x", "end", "x"]);
});

test("an update of toxicity throws the dice again for live connections", async () => {
  const { proxy, pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "timeout", name: "late", toxicity: 0, attributes: { timeout: 50 } });
  await roundTrip(near, far);
  const toxic = await proxy.getToxic<Record<string, number>>("late");
  await toxic.update({ ...toxic.toJson(), toxicity: 1 });
  expect(await near.ending).toBe("end");
});

test("toxics work in the order they were added", async () => {
  const { pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  // The latency before the limit delays the close; behind it, it would let the close overtake
  // nothing.
  await addToxic({ type: "latency", stream: "upstream", attributes: { latency: 100 } });
  await addToxic({ type: "limit_data", stream: "upstream", attributes: { bytes: 3 } });
  await addToxic({ type: "slow_close", stream: "upstream", attributes: { delay: 100 } });
  near.write("abcdef");
  const startedAtMs = performance.now();
  expect(await far.read(3)).toBe("abc");
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(99);
  expect(await far.ending).toBe("end");
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(199);
  expect(far.pendingBytes).toBe(0);
});

test("toxics coming and going under traffic lose, repeat and disorder nothing", async () => {
  const { pair, addToxic, removeToxic } = await startWorld();
  const { near, far } = await pair();
  const numbers = 60_000;
  const feed = (async () => {
    for (let first = 0; first < numbers; first += 100) {
      const piece = Buffer.alloc(400);
      for (let index = 0; index < 100; index++) piece.writeUInt32BE(first + index, index * 4);
      near.write(piece);
      await new Promise(setImmediate);
    }
    near.socket.end();
  })();
  let fed = false;
  const done = feed.then(() => {
    fed = true;
  });
  let rounds = 0;
  for (; !fed; rounds++) {
    await addToxic({ type: "latency", name: "a", stream: "upstream", attributes: { latency: 5 } });
    await addToxic({ type: "noop", name: "b", stream: "upstream" });
    await removeToxic("a");
    await addToxic({
      type: "bandwidth",
      name: "c",
      stream: "upstream",
      attributes: { rate: 9_000 },
    });
    await removeToxic("b");
    await removeToxic("c");
  }
  await done;
  const received = await far.readToEnd();
  expect(rounds).toBeGreaterThan(3);
  expect(received.length).toBe(numbers * 4);
  for (let index = 0; index < numbers; index++) {
    if (received.readUInt32BE(index * 4) !== index) expect.fail(`number ${index} is out of place`);
  }
});

test("toxics coming and going while connections open and close leave nothing behind", async () => {
  const { proxy, pair, addToxic, removeToxic } = await startWorld();
  for (let round = 0; round < 100; round++) {
    await addToxic({ type: "latency", name: "a", stream: "upstream", attributes: { latency: 10 } });
    const { near } = await pair();
    near.write("hello");
    near.close();
    await removeToxic("a");
  }
  const { listen, upstream } = proxy;
  await proxy.update({ listen, upstream, enabled: false });
  expect(await isListening(listen)).toBe(false);
});

test.each(["noop", "latency", "slow_close"] as const)(
  "a reader that does not read slows the writer down through %s",
  async (type) => {
    const { pair, addToxic } = await startWorld();
    const { near, far } = await pair();
    await addToxic({ type, stream: "upstream" });
    far.socket.pause();
    const piece = Buffer.alloc(1024 * 1024);
    let writtenBytes = 0;
    while (near.socket.writableLength < 16 * piece.length && writtenBytes < 512 * piece.length) {
      near.write(piece);
      writtenBytes += piece.length;
      await new Promise(setImmediate);
    }
    expect(writtenBytes).toBeLessThan(256 * piece.length);
    near.socket.end();
    far.socket.resume();
    expect((await far.readToEnd()).length).toBe(writtenBytes);
  },
);

test("disabling a proxy ends connections whose toxics hold bytes", async () => {
  const { proxy, pair, addToxic } = await startWorld();
  const { near, far } = await pair();
  await addToxic({ type: "latency", attributes: { latency: 60_000 } });
  await addToxic({ type: "bandwidth", stream: "upstream", attributes: { rate: 0 } });
  far.write("held");
  near.write("held");
  const { listen, upstream } = proxy;
  expect(await elapsedMs(proxy.update({ listen, upstream, enabled: false }))).toBeLessThan(SOON_MS);
  await near.ending;
  await far.ending;
  expect(near.pendingBytes).toBe(0);
});
