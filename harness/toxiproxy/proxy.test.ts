// Aim: a proxy moves bytes, opens and closes as the real one does. The scenarios are those of the
// real server's own proxy tests and a few more, driven through the API with the client that users
// have.
import { expect, test } from "vitest";
import { dial, isListening, Upstream } from "./testing/peer.ts";
import { startWorld } from "./testing/world.ts";

test("bytes go both ways, in order", async () => {
  const { pair } = await startWorld();
  const { near, far } = await pair();
  near.write("hello ");
  near.write("world");
  expect(await far.read(11)).toBe("hello world");
  far.write("and back");
  expect(await near.read(8)).toBe("and back");
});

test("a message larger than every buffer arrives unchanged", async () => {
  const { pair } = await startWorld();
  const { near, far } = await pair();
  const message = Buffer.alloc(8 * 1024 * 1024, "0123456789abcdefg");
  near.write(message);
  expect((await far.readBytes(message.length)).equals(message)).toBe(true);
});

test("a close by the client reaches the upstream after its last byte", async () => {
  const { pair } = await startWorld();
  const { near, far } = await pair();
  near.socket.end("last words");
  expect((await far.readToEnd()).toString()).toBe("last words");
});

test("a close by the upstream reaches the client after its last byte", async () => {
  const { pair } = await startWorld();
  const { near, far } = await pair();
  far.socket.end("last words");
  expect((await near.readToEnd()).toString()).toBe("last words");
});

test("there is no half-close: the end of one direction closes the other", async () => {
  const { pair } = await startWorld();
  const { near, far } = await pair();
  near.socket.end();
  await far.ending;
  // The client has only closed its sending half, and would still read; the real server closes it
  // all the same.
  expect(await near.ending).toBe("end");
  expect(near.pendingBytes).toBe(0);
});

test("a reader that does not read slows the writer down", async () => {
  const { pair } = await startWorld();
  const { near, far } = await pair();
  far.socket.pause();
  const piece = Buffer.alloc(1024 * 1024);
  let writtenBytes = 0;
  // Kernel buffers take some megabytes; a proxy without backpressure would take all of these.
  while (near.socket.writableLength < 16 * piece.length && writtenBytes < 512 * piece.length) {
    near.write(piece);
    writtenBytes += piece.length;
    await new Promise(setImmediate);
  }
  expect(writtenBytes).toBeLessThan(256 * piece.length);
  near.socket.end();
  far.socket.resume();
  expect((await far.readToEnd()).length).toBe(writtenBytes);
});

test("a client is closed when the upstream is down", async () => {
  const { client } = await startWorld();
  const gone = await Upstream.start();
  await gone.stop();
  const proxy = await client.createProxy({
    name: "down",
    listen: "127.0.0.1:0",
    upstream: gone.address,
  });
  const near = await dial(proxy.listen);
  expect(await near.ending).toBe("end");
});

test("a client is closed when the upstream is no address", async () => {
  const { client } = await startWorld();
  const proxy = await client.createProxy({
    name: "nowhere",
    listen: "127.0.0.1:0",
    upstream: "nowhere",
  });
  const near = await dial(proxy.listen);
  expect(await near.ending).toBe("end");
});

test("disabling closes all connections and frees the port before it is answered", async () => {
  const { proxy, pair } = await startWorld();
  const pairs = [await pair(), await pair()];
  const { listen, upstream } = proxy;
  await proxy.update({ listen, upstream, enabled: false });
  expect(await isListening(listen)).toBe(false);
  for (const { near, far } of pairs) {
    await near.ending;
    await far.ending;
  }
  const again = await proxy.update({ listen, upstream, enabled: true });
  expect(again.listen).toBe(listen);
  expect(await isListening(listen)).toBe(true);
});

test("deleting closes all connections and frees the port before it is answered", async () => {
  const { client, proxy, pair } = await startWorld();
  const { near, far } = await pair();
  await proxy.remove();
  // Another proxy can have the port at once.
  const next = await client.createProxy({
    name: "next",
    listen: proxy.listen,
    upstream: proxy.upstream,
  });
  expect(next.listen).toBe(proxy.listen);
  await near.ending;
  await far.ending;
});

test("two proxies cannot share an address, and the loser works once it is free", async () => {
  const { client, proxy, upstream } = await startWorld();
  const wish = { name: "second", listen: proxy.listen, upstream: upstream.address };
  await expect(client.createProxy(wish)).rejects.toThrow("status code 500");
  expect(Object.keys(await client.getAll())).toEqual(["test"]);
  await proxy.remove();
  await client.createProxy(wish);
  expect(await isListening(wish.listen)).toBe(true);
});

test("moving to port 0 takes a new port and closes the old one", async () => {
  const { proxy } = await startWorld();
  const { upstream } = proxy;
  const moved = await proxy.update({ listen: "localhost:0", upstream, enabled: true });
  expect(moved.listen).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
  expect(moved.listen).not.toBe(proxy.listen);
  expect(await isListening(proxy.listen)).toBe(false);
  expect(await isListening(moved.listen)).toBe(true);
});

test("an update with the same addresses leaves connections alone", async () => {
  const { proxy, pair } = await startWorld();
  const { near, far } = await pair();
  const { listen, upstream } = proxy;
  await proxy.update({ listen, upstream, enabled: true });
  near.write("still here");
  expect(await far.read(10)).toBe("still here");
});

test("a listen address without a host is the API's own host, never every interface", async () => {
  const { client, upstream } = await startWorld();
  const proxy = await client.createProxy({
    name: "hostless",
    listen: ":0",
    upstream: upstream.address,
  });
  expect(proxy.listen).toMatch(/^127\.0\.0\.1:\d+$/);
});

test("both sockets send at once, without waiting to fill a packet", async () => {
  const { pair } = await startWorld();
  const { near, far } = await pair();
  // Each second byte would wait some 40 ms for the acknowledgment of the first with Nagle's
  // algorithm.
  const startedAtMs = performance.now();
  for (let round = 0; round < 50; round++) {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.write("a");
      await to.read(1);
      from.write("b");
      await to.read(1);
    }
  }
  expect(performance.now() - startedAtMs).toBeLessThan(1_500);
});
