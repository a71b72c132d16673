/** Aim: whoever sends or reads slowly holds nothing of the node for longer than it says, and is told no lie. */

import type { Socket } from "node:net";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { HttpHandler, HttpResponse } from "../http/exchange.ts";
import { startHttpServer } from "./http-server.ts";
import { createNodeClock } from "./node-clock.ts";

const LIMITS = {
  bodyBytesMax: 1_000,
  heldBytesMax: 10_000,
  headerBytesMax: 2_048,
  requestTimeoutMs: 150,
  responseTimeoutMs: 5_000,
};
const DONE: HttpResponse = { status: 204, headers: {}, body: new Uint8Array(0) };
/** More than the system takes for a client that does not read. */
const LONG_BYTES = 16e6;

let closers: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

async function start(handler: HttpHandler) {
  const env = quietEnvironment(createNodeClock());
  const server = await startHttpServer(env, { address: "127.0.0.1:0", handler, limits: LIMITS });
  closers.push(() => server.close(100));
  const metric = (name: string) => env.metrics.valueOf(`ringside_http_${name}`);
  const [host, port] = server.address.split(":");
  const dial = (options: { readonly allowHalfOpen?: boolean } = {}): Socket => {
    const socket = connect({ port: Number(port), host, ...options });
    socket.on("error", () => {});
    closers.push(() => void socket.destroy());
    return socket;
  };
  return { dial, metric };
}

/** Also where writing to what was closed has failed. */
const closed = (socket: Socket) => new Promise((resolve) => socket.once("close", resolve));

describe("a client that is slow", () => {
  test.each([
    ["body", `PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${"x".repeat(700)}`, 700],
    ["head", "PUT /k HTTP/1.1\r\nHost: x\r\nX-Long: ", 0],
  ])(
    "with its %s is closed, however it sends on, and gives back what it held",
    async (_what, text, heldBytes) => {
      const { dial, metric } = await start(() => Promise.resolve(DONE));
      // It does not end when the server has said all that it will.
      const socket = dial({ allowHalfOpen: true });
      let answer = "";
      socket.on("data", (chunk: Buffer) => {
        answer += chunk.toString();
      });
      socket.write(text);
      if (heldBytes > 0) await expect.poll(() => metric("body_bytes")).toBe(heldBytes);
      const trickle = setInterval(() => socket.write("x"), 20);
      closers.push(() => clearInterval(trickle));
      await closed(socket);
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      await expect.poll(() => metric("body_bytes")).toBe(0);
    },
  );

  test("is not refused in place of the answer to a write that was done", async () => {
    const long: HttpResponse = { status: 200, headers: {}, body: Buffer.alloc(LONG_BYTES, "a") };
    const { dial, metric } = await start(({ path }) =>
      Promise.resolve(path === "/long" ? long : DONE),
    );
    const socket = dial().pause();
    socket.write("GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
    socket.write("PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nxGET /late HT");
    await expect.poll(() => metric("requests_total")).toBe(2);
    await expect.poll(() => metric("refused_total")).toBe(1);
    let tail = "";
    socket.on("data", (chunk: Buffer) => {
      tail = (tail + chunk.toString("latin1")).slice(-1_000);
    });
    socket.resume();
    await closed(socket);
    expect(tail).not.toContain("HTTP/1.1 408");
  });
});
