/**
 * Aim: a client that does not take its answer loses its connection, and no other client does. Real sockets, and the time of answers passes
 * when the test says so: Node's own timers are others.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import { startHttpServer } from "./http-server.ts";
import { createNodeClock } from "./node-clock.ts";
import { raw } from "./testing/raw-http.ts";

const LIMITS = {
  bodyBytesMax: 1_000,
  heldBytesMax: 1_000_000,
  headerBytesMax: 2_048,
  requestTimeoutMs: 5_000,
  responseTimeoutMs: 1_000,
};
/** More than the sockets of both ends hold. */
const LONG_BYTES = 32 * 1_024 * 1_024;
const CLOSE = "Connection: close\r\n";

let closers: (() => void | Promise<void>)[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(async () => {
  vi.useRealTimers();
  for (const close of closers.reverse()) await close();
  closers = [];
});

/** Answers `/long` at length, `/late` when told to, all else shortly. */
async function start() {
  const env = quietEnvironment(createNodeClock());
  const late = Promise.withResolvers<void>();
  const server = await startHttpServer(env, {
    address: "127.0.0.1:0",
    limits: LIMITS,
    handler: async ({ path }) => {
      if (path === "/late") await late.promise;
      const body = Buffer.alloc(path === "/long" ? LONG_BYTES : 4, "x");
      return { status: 200, headers: {}, body };
    },
  });
  closers.push(() => server.close(100));
  const metric = (name: string) => env.metrics.valueOf(`ringside_http_${name}_total`);
  return { address: server.address, answerLate: late.resolve, metric };
}

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

describe("an answer", () => {
  test("that is not taken ends its connection", async () => {
    const { address, metric } = await start();
    const [host, port] = address.split(":");
    const socket = connect(Number(port), host).on("error", () => {});
    closers.push(() => {
      socket.destroy();
    });
    socket.write(get("/long"));
    await once(socket, "readable");
    vi.advanceTimersByTime(LIMITS.responseTimeoutMs - 1);
    expect(metric("stalled")).toBe(0);
    vi.advanceTimersByTime(1);
    expect(metric("stalled")).toBe(1);
    let receivedBytes = 0;
    socket.on("data", (chunk: Buffer) => {
      receivedBytes += chunk.length;
    });
    await once(socket, "close");
    expect(receivedBytes).toBeGreaterThan(0);
    expect(receivedBytes).toBeLessThan(LONG_BYTES);
  });

  test("that is taken ends nothing, however long the next one is in coming", async () => {
    const { address, metric, answerLate } = await start();
    const [host, port] = address.split(":");
    const socket = connect(Number(port), host);
    closers.push(() => {
      socket.destroy();
    });
    let receivedBytes = 0;
    socket.on("data", (chunk: Buffer) => {
      receivedBytes += chunk.length;
    });
    socket.write(get("/long"));
    await expect.poll(() => receivedBytes, { timeout: 10_000 }).toBeGreaterThan(LONG_BYTES);
    socket.write(get("/late", CLOSE));
    await expect.poll(() => metric("requests")).toBe(2);
    vi.advanceTimersByTime(10 * LIMITS.responseTimeoutMs);
    const whole = receivedBytes;
    answerLate();
    await once(socket, "close");
    expect(receivedBytes).toBeGreaterThan(whole);
    expect(metric("stalled")).toBe(0);
  });

  test("that waits for an earlier one has its time from then on", async () => {
    const { address, metric, answerLate } = await start();
    const parts = [get("/late"), get("/long"), get("/short", CLOSE)];
    const answers = raw(address, parts, 100 * LIMITS.responseTimeoutMs);
    await expect.poll(() => metric("requests")).toBe(3);
    // The answers of the two behind it are ended, and wait.
    await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(10 * LIMITS.responseTimeoutMs);
    expect(metric("stalled")).toBe(0);
    answerLate();
    expect((await answers).match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    expect(metric("stalled")).toBe(0);
  });
});
