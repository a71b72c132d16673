import type { Socket } from "node:net";
import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { HttpCallError } from "../client/http-caller.ts";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { HttpHandler } from "../http/exchange.ts";
import { createHttpCaller } from "./http-client.ts";
import { startHttpServer } from "./http-server.ts";
import { createNodeClock } from "./node-clock.ts";

const LIMITS = {
  bodyBytesMax: 100_000,
  heldBytesMax: 1_000_000,
  headerBytesMax: 16_384,
  requestTimeoutMs: 5_000,
  responseTimeoutMs: 5_000,
};

let closers: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

function caller(options: Parameters<typeof createHttpCaller>[0] = {}) {
  const created = createHttpCaller(options);
  closers.push(() => created.close());
  return created;
}

async function serve(handler: HttpHandler): Promise<string> {
  const env = quietEnvironment(createNodeClock());
  const server = await startHttpServer(env, { address: "127.0.0.1:0", handler, limits: LIMITS });
  closers.push(() => server.close(50));
  return `http://${server.address}`;
}

/** A bare TCP server that does something bad to each connection once bytes came. */
async function misbehave(onBytes: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => onBytes(socket));
    closers.push(() => {
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(() => resolve())));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("Cannot listen");
  return `http://127.0.0.1:${bound.port}`;
}

async function failureOf(promise: Promise<unknown>): Promise<HttpCallError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HttpCallError) return error;
    throw error;
  }
  throw new Error("Cannot fail: the call succeeded");
}

describe("createHttpCaller()", () => {
  test("carries method, headers, body there and status, headers, body back", async () => {
    const base = await serve(async ({ method, path, headers, body }) => ({
      status: 300,
      headers: { "X-Echo": `${method} ${path} ${headers["x-thing"]}` },
      body,
    }));
    const { call } = caller();
    const body = Buffer.alloc(90_000, "ab");
    const url = `${base}/kv/x`;
    const result = await call({
      url,
      method: "PUT",
      headers: { "X-Thing": "1" },
      body,
      timeoutMs: 5_000,
    });
    expect(result.status).toBe(300);
    expect(result.headers["x-echo"]).toBe("PUT /kv/x 1");
    expect(Buffer.from(result.body).equals(body)).toBe(true);
  });

  test("uses one connection again", async () => {
    const base = await serve(async () => ({ status: 204, headers: {}, body: new Uint8Array(0) }));
    const { call } = caller({ connectionsMax: 1 });
    const calls = Array.from({ length: 20 }, () =>
      call({ url: base, method: "GET", timeoutMs: 5_000 }),
    );
    expect((await Promise.all(calls)).every(({ status }) => status === 204)).toBe(true);
  });

  test("says that nothing was sent where the connection is refused or the URL is none", async () => {
    const base = await misbehave(() => {});
    for (const close of closers.splice(0).reverse()) await close();
    const refused = await failureOf(caller().call({ url: base, method: "PUT", timeoutMs: 5_000 }));
    expect(refused).toMatchObject({
      sent: false,
      message: expect.stringContaining("ECONNREFUSED"),
    });
    const malformed = await failureOf(
      caller().call({ url: "no url", method: "GET", timeoutMs: 100 }),
    );
    expect(malformed.sent).toBe(false);
  });

  test("says that nothing was sent where no connection became free in time", async () => {
    const base = await misbehave(() => {});
    const { call } = caller({ connectionsMax: 1 });
    const first = failureOf(call({ url: base, method: "GET", timeoutMs: 150 }));
    const second = failureOf(call({ url: base, method: "GET", timeoutMs: 50 }));
    expect(await second).toMatchObject({ sent: false });
    expect(await first).toMatchObject({ sent: true });
  });

  test("says that the request may have been received where a connection used before breaks", async () => {
    let served = 0;
    const base = await misbehave((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      socket.once("data", () => {
        served++;
        socket.destroy();
      });
    });
    const { call } = caller();
    const request = { url: base, method: "PUT", timeoutMs: 1_000 };
    expect((await call(request)).status).toBe(200);
    expect(await failureOf(call(request))).toMatchObject({ sent: true });
    expect(served).toBe(1);
  });

  test.each<[string, (socket: Socket) => void]>([
    ["the node never answers", () => {}],
    ["the node closes", (socket) => socket.destroy()],
    ["the answer is garbage", (socket) => socket.end("garbage\r\n\r\n")],
    [
      "the answer breaks off",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"),
    ],
    [
      "the answer is too large",
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n${"x".repeat(200)}`),
    ],
  ])("says that the request may have been received where %s", async (how, onBytes) => {
    const base = await misbehave(onBytes);
    const { call } = caller({ responseBytesMax: 100 });
    const failure = await failureOf(
      call({ url: base, method: "PUT", body: Buffer.from("x"), timeoutMs: 100 }),
    );
    expect(failure.sent).toBe(true);
    expect(failure.isTooLarge).toBe(how === "the answer is too large");
    expect(failure.message.includes("the response is over 100 bytes")).toBe(failure.isTooLarge);
  });
});
