/** Aim: bodies of all connections together take no more memory than they are given, and a body gives its part back however it ends. */

import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { quietEnvironment } from "../env/testing/quiet-environment.ts";
import type { HttpResponse } from "../http/exchange.ts";
import { startHttpServer } from "./http-server.ts";
import { createNodeClock } from "./node-clock.ts";
import { CLOSE, raw } from "./testing/raw-http.ts";

const LIMITS = {
  bodyBytesMax: 1_000,
  heldBytesMax: 1_500,
  headerBytesMax: 2_048,
  requestTimeoutMs: 10_000,
  responseTimeoutMs: 5_000,
};
const DONE: HttpResponse = { status: 204, headers: {}, body: new Uint8Array(0) };

let closers: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

/** A server that answers `/held` when told to, and all else at once. */
async function start(limits = LIMITS) {
  const env = quietEnvironment(createNodeClock());
  let answerHeld = (_answer: HttpResponse | Error): void => {};
  const held = new Promise<HttpResponse>((resolve, reject) => {
    answerHeld = (answer) => (answer instanceof Error ? reject(answer) : resolve(answer));
  });
  const handler = ({ path }: { path: string }) => (path === "/held" ? held : Promise.resolve(DONE));
  const server = await startHttpServer(env, { address: "127.0.0.1:0", handler, limits });
  closers.push(() => server.close(100));
  const metric = (name: string) => env.metrics.valueOf(`ringside_http_${name}`);
  return { address: server.address, answerHeld, metric };
}

function send(address: string, text: string): Socket {
  const [host, port] = address.split(":");
  const socket = connect(Number(port), host).on("error", () => {});
  socket.write(text);
  closers.push(() => {
    socket.destroy();
  });
  return socket;
}

const put = (path: string, length: number, bytes = length, more = "") =>
  `PUT ${path} HTTP/1.1\r\nHost: x\r\n${more}Content-Length: ${length}\r\n\r\n${"x".repeat(bytes)}`;
const chunked = (bytes: number) =>
  `PUT /k HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n${"x".repeat(bytes)}\r\n`;

describe("the bodies that a server holds", () => {
  test.each([
    ["announced", put("/k", 600)],
    ["announced before 100-continue", put("/k", 600, 0, "Expect: 100-continue\r\n")],
    ["chunked", `${chunked(600)}0\r\n\r\n`],
  ])("leave no room for one that is %s, until one is whole and answered", async (_how, request) => {
    const { address, metric } = await start();
    const first = send(address, put("/k", 1_000, 999));
    await expect.poll(() => metric("body_bytes")).toBe(999);
    const refused = await raw(address, [request]);
    expect(refused).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 1\r\n/);
    expect(JSON.parse(refused.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      code: "overloaded",
      definite: true,
      detail: "Cannot take the body: requests under way have 999 bytes, and at most 1500 are held",
    });
    expect([metric("shed_total"), metric("body_bytes")]).toEqual([1, 999]);
    first.write("x");
    expect(String((await once(first, "data"))[0])).toMatch(/^HTTP\/1\.1 204 /);
    expect(metric("body_bytes")).toBe(0);
    expect(await raw(address, [put("/k", 600, 600, "Connection: close\r\n")])).toContain(" 204 ");
  });

  test.each([
    ["is done", DONE],
    ["fails", new Error("a bug")],
  ])("are held until their request %s", async (_how, answer) => {
    const { address, metric, answerHeld } = await start();
    const first = send(address, put("/held", 1_000));
    await expect.poll(() => metric("requests_total")).toBe(1);
    expect(await raw(address, [put("/k", 600)])).toMatch(/^HTTP\/1\.1 503 /);
    answerHeld(answer);
    await once(first, "data");
    expect(metric("body_bytes")).toBe(0);
  });

  test("are held for a request under way whose client is gone", async () => {
    const { address, metric, answerHeld } = await start();
    const first = send(address, put("/held", 1_000));
    await expect.poll(() => metric("requests_total")).toBe(1);
    first.destroy();
    await once(first, "close");
    expect(await raw(address, [put("/k", 600)])).toMatch(/^HTTP\/1\.1 503 /);
    answerHeld(DONE);
    await expect.poll(() => metric("body_bytes")).toBe(0);
  });

  test("are given up with a connection that breaks off", async () => {
    const { address, metric } = await start();
    const first = send(address, put("/k", 1_000, 700));
    await expect.poll(() => metric("body_bytes")).toBe(700);
    first.destroy();
    await expect.poll(() => metric("body_bytes")).toBe(0);
    expect(metric("aborted_total")).toBe(1);
  });

  test("are given up where they end in what is not HTTP, come too slowly, or are too long", async () => {
    const slow = await start({ ...LIMITS, requestTimeoutMs: 150 });
    expect(await raw(slow.address, [put("/k", 1_000, 700)])).toMatch(/^HTTP\/1\.1 408 /);
    await expect.poll(() => slow.metric("body_bytes")).toBe(0);
    const { address, metric } = await start();
    expect(await raw(address, [`${chunked(700)}no length\r\n`])).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(address, [chunked(700), `12d\r\n${"x".repeat(301)}`])).toMatch(/ 413 /);
    await expect.poll(() => metric("body_bytes")).toBe(0);
  });

  test("count for nothing before they come, whatever was announced", async () => {
    const { address, metric } = await start();
    for (const socket of [1, 2, 3].map(() => send(address, put("/k", 1_000, 1)))) {
      socket.on("data", () => {});
    }
    await expect.poll(() => metric("body_bytes")).toBe(3);
    expect(await raw(address, [put("/k", 1_000, 1_000, "Connection: close\r\n")])).toContain(
      " 204 ",
    );
  });
});
