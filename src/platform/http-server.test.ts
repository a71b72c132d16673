/*
 * Aim: whatever a client sends, it gets the right answer or a closed connection, and the server goes on. Raw sockets, because a
 * well-behaved client cannot misbehave.
 */

import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { HttpHandler, HttpRequest } from "../http/exchange.ts";
import { DynamoError } from "../protocol/errors.ts";
import { createHttpCaller } from "./http-client.ts";
import type { HttpServer } from "./http-server.ts";
import { startHttpServer } from "./http-server.ts";
import { createNodeClock } from "./node-clock.ts";
import { CLOSE, raw } from "./testing/raw-http.ts";

const LIMITS = {
  bodyBytesMax: 1_000,
  heldBytesMax: 1_000_000,
  headerBytesMax: 2_048,
  requestTimeoutMs: 150,
  responseTimeoutMs: 5_000,
};
const EMPTY = new Uint8Array(0);

let closers: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

async function start(handler: HttpHandler): Promise<HttpServer> {
  const env = quietEnvironment(createNodeClock());
  const server = await startHttpServer(env, { address: "127.0.0.1:0", handler, limits: LIMITS });
  closers.push(() => server.close(100));
  return server;
}

/** Answers with what it was asked, as JSON. */
const mirror: HttpHandler = async ({ method, path, query, body }) => ({
  status: 200,
  headers: { "Content-Type": "application/json" },
  body: Buffer.from(JSON.stringify({ method, path, query: [...query], size: body.length })),
});

describe("startHttpServer()", () => {
  test("takes longer bodies for paths that have a limit of their own", async () => {
    const env = quietEnvironment(createNodeClock());
    const limits = { ...LIMITS, bodyBytesMaxOf: new Map([["/long", 3_000]]) };
    const server = await startHttpServer(env, { address: "127.0.0.1:0", handler: mirror, limits });
    closers.push(() => server.close(100));
    const post = (path: string, length: number) =>
      raw(server.address, [
        `POST ${path} HTTP/1.1\r\n${CLOSE}Content-Length: ${length}\r\n\r\n`,
        Buffer.alloc(length),
      ]);
    expect(await post("/long", 3_000)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await post("/long?of=rows", 3_000)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await post("http://h:1/long", 3_000)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await post("/long", 3_001)).toMatch(/^HTTP\/1\.1 413 .*limit is 3000 bytes/s);
    expect(await post("/other", 1_001)).toMatch(/^HTTP\/1\.1 413 .*limit is 1000 bytes/s);
  });

  test("hands on method, path, query, headers and body", async () => {
    const requests: HttpRequest[] = [];
    const { address } = await start(async (request) => {
      requests.push(request);
      return { status: 204, headers: { "X-Answer": "yes" }, body: EMPTY };
    });
    const response = await raw(address, [
      `PUT /kv/a%2Fb?w=2&x HTTP/1.1\r\n${CLOSE}X-Thing: Some\r\nContent-Length: 5\r\n\r\nhe`,
      "llo",
    ]);
    expect(response).toMatch(/^HTTP\/1\.1 204 No Content\r\nX-Answer: yes\r\n/);
    expect(response).not.toContain("Content-Length");
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ method: "PUT", path: "/kv/a%2Fb" });
    expect(requests[0]?.query.get("w")).toBe("2");
    expect(requests[0]?.headers["x-thing"]).toBe("Some");
    expect(Buffer.from(requests[0]?.body ?? EMPTY).toString()).toBe("hello");
  });

  test("reads chunked bodies, absolute targets and 100-continue", async () => {
    const { address } = await start(mirror);
    const chunked = `PUT http://h:1/k HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n`;
    expect(await raw(address, [chunked, "3\r\nabc\r\n", "2\r\nde\r\n0\r\n\r\n"])).toContain(
      '{"method":"PUT","path":"/k","query":[],"size":5}',
    );
    const expecting = `PUT /k HTTP/1.1\r\n${CLOSE}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`;
    const answer = await raw(address, [expecting, "hi"]);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  test("answers HEAD as GET without its body", async () => {
    const { address } = await start(mirror);
    const answer = await raw(address, [`HEAD /k HTTP/1.1\r\n${CLOSE}\r\n`]);
    expect(answer).toContain("Content-Length: 48");
    expect(answer).toMatch(/\r\n\r\n$/);
  });

  test.each([
    ["announced", `Content-Length: 1001\r\n\r\n`],
    ["announced before 100-continue", `Expect: 100-continue\r\nContent-Length: 5000000\r\n\r\n`],
    ["chunked", `Transfer-Encoding: chunked\r\n\r\n3e9\r\n${"x".repeat(1_001)}\r\n0\r\n\r\n`],
  ])("refuses a body over the limit that is %s", async (_how, rest) => {
    let handled = 0;
    const { address } = await start(async () => {
      handled++;
      return { status: 204, headers: {}, body: EMPTY };
    });
    const answer = await raw(address, [`PUT /k HTTP/1.1\r\nHost: x\r\n${rest}`]);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":"value-too-large"');
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(handled).toBe(0);
  });

  test("serves nothing that follows a refused body on its connection", async () => {
    const paths: string[] = [];
    const { address } = await start(async ({ path }) => {
      paths.push(path);
      return { status: 204, headers: {}, body: EMPTY };
    });
    const large = `${"x".repeat(1_001)}\r\n0\r\n\r\n`;
    const put = "PUT /large HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n";
    const answer = await raw(address, [
      put + large,
      "PUT /after HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
    ]);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 413"]);
    expect(paths).toEqual([]);
  });

  test("a sender of a large body can read its refusal", async () => {
    const { address } = await start(mirror);
    const caller = createHttpCaller();
    closers.push(() => caller.close());
    const body = Buffer.alloc(1_500_000);
    const url = `http://${address}/k`;
    const { status } = await caller.call({ url, method: "PUT", body, timeoutMs: 2_000 });
    expect(status).toBe(413);
  });

  test("refuses a head over the limit, garbage, and what comes too slowly", async () => {
    const { address } = await start(mirror);
    const large = await raw(address, [`GET /k HTTP/1.1\r\nX: ${"y".repeat(4_000)}\r\n\r\n`]);
    expect(large).toMatch(/^HTTP\/1\.1 431 [\s\S]*"code":"headers-too-large"/);
    expect(await raw(address, ["\x00\x01garbage\r\n\r\n"])).toMatch(/^HTTP\/1\.1 400 /);
    const slowHead = await raw(address, ["GET /k HTT"]);
    expect(slowHead).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request-timeout"/);
    const slowBody = await raw(address, [
      "PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx",
    ]);
    expect(slowBody).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("writes no refusal while an earlier request of the connection is handled", async () => {
    const { address } = await start(
      () =>
        new Promise((resolve) =>
          setTimeout(resolve, 50, { status: 204, headers: {}, body: EMPTY }),
        ),
    );
    const put = "PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
    expect(await raw(address, [put, "garbage\r\n\r\n"])).toBe("");
  });

  test("an aborted body is not handed on", async () => {
    let handled = 0;
    const { address } = await start(async () => {
      handled++;
      return { status: 204, headers: {}, body: EMPTY };
    });
    const [host, port] = address.split(":");
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), host, () => {
        socket.write("PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx", () => {
          socket.destroy();
          resolve();
        });
      });
    });
    expect(await raw(address, [`GET /k HTTP/1.1\r\n${CLOSE}\r\n`])).toContain("204");
    expect(handled).toBe(1);
  });

  test("clients that leave early, at any point, do no harm", async () => {
    const { address } = await start(async ({ body }) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return { status: 200, headers: {}, body: Buffer.alloc(100_000, body[0]) };
    });
    const [host, port] = address.split(":");
    const heads = [
      "GET /k HTTP/1.1\r\nHost: x\r\n\r\n",
      "PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789",
      `PUT /k HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n${"x".repeat(2_000)}`,
      `PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n${"x".repeat(2_000)}`,
    ];
    const leave = (head: string, afterMs: number) =>
      new Promise<void>((resolve) => {
        const socket = connect(Number(port), host, () => {
          socket.write(head, () => setTimeout(() => socket.resetAndDestroy(), afterMs));
        });
        socket.on("error", () => {});
        socket.once("close", () => resolve());
      });
    const leaving = heads.flatMap((head) => [0, 5, 10, 15].map((afterMs) => leave(head, afterMs)));
    await Promise.all(leaving);
    expect(await raw(address, [`GET /k HTTP/1.1\r\n${CLOSE}\r\n`])).toContain(" 200 OK");
  });

  test("a handler that throws is an internal error, by its code where it has one", async () => {
    const { address } = await start(async ({ path }) => {
      if (path === "/known") throw new DynamoError("overloaded", "Cannot take more");
      throw new Error("a bug");
    });
    expect(await raw(address, [`GET /known HTTP/1.1\r\n${CLOSE}\r\n`])).toMatch(
      / 503 [\s\S]*overloaded/,
    );
    const unknown = await raw(address, [`GET /x HTTP/1.1\r\n${CLOSE}\r\n`]);
    expect(unknown).toMatch(/^HTTP\/1\.1 500 [\s\S]*"definite":false/);
    expect(unknown).not.toContain("a bug");
  });

  test("close() lets a request under way finish, and closes idle connections", async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let entered = (): void => {};
    const entry = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const server = await start(async () => {
      entered();
      await held;
      return { status: 200, headers: {}, body: Buffer.from("done") };
    });
    const idle = raw(server.address, []);
    const busy = raw(server.address, ["GET /k HTTP/1.1\r\nHost: x\r\n\r\n"]);
    await entry;
    const closed = server.close();
    await idle;
    release();
    expect(await busy).toMatch(/Connection: close[\s\S]*done$/);
    await closed;
  });

  test("close() answers what comes over idle connections for a moment, and ends them with it", async () => {
    const server = await start(async () => ({ status: 503, headers: {}, body: Buffer.from("no") }));
    const [host, port] = server.address.split(":");
    const socket = connect(Number(port), host);
    const request = "GET /k HTTP/1.1\r\nHost: x\r\n\r\n";
    socket.write(request);
    const [first] = await once(socket, "data");
    expect(String(first)).not.toContain("Connection: close");
    const closed = server.close();
    socket.write(request);
    const [second] = await once(socket, "data");
    expect(String(second)).toMatch(/^HTTP\/1\.1 503 [\s\S]*Connection: close[\s\S]*no$/);
    await once(socket, "close");
    await closed;
  });

  test("close() does not wait for ever", async () => {
    let entered = (): void => {};
    const entry = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const server = await start(() => {
      entered();
      return new Promise(() => {});
    });
    const busy = raw(server.address, ["GET /k HTTP/1.1\r\nHost: x\r\n\r\n"]);
    await entry;
    await server.close(50);
    expect(await busy).toBe("");
  });

  test("survives anything", async () => {
    const { address } = await start(mirror);
    const line = fc.oneof(
      fc.constantFrom(
        "GET /k HTTP/1.1\r\n",
        "PUT /k HTTP/1.1\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: -1\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Expect: 100-continue\r\n",
        "Upgrade: websocket\r\nConnection: upgrade\r\n",
        "CONNECT x:1 HTTP/1.1\r\n",
        "OPTIONS * HTTP/1.1\r\n",
        "\r\n",
        "5\r\nhello\r\n",
      ),
      fc.string(),
    );
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(line, bytes), { maxLength: 12 }), async (parts) => {
        const batch = Array.from({ length: 10 }, () => raw(address, [...parts, "\r\n\r\n"]));
        await Promise.all(batch);
      }),
      { numRuns: 8 },
    );
    expect(await raw(address, [`GET /k HTTP/1.1\r\n${CLOSE}\r\n`])).toContain(" 200 OK");
  });
});
