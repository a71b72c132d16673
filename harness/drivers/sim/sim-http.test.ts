import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import type { HttpCallError } from "../../../src/client/http-caller.ts";
import type { HttpRequest, HttpResponse } from "../../../src/http/exchange.ts";
import type { Link } from "../../nemesis/fault.ts";
import { Scheduler } from "./scheduler.ts";
import { SimHttp } from "./sim-http.ts";
import { SimNetwork } from "./sim-network.ts";
import { SimProcess } from "./sim-process.ts";

const UP: Link = { from: "client-n1", to: "n1" };
const DOWN: Link = { from: "n1", to: "client-n1" };
const TIMEOUT_MS = 1_000;
/** How long the handler of the tests thinks. */
const SERVE_MS = 100;

/** One node whose handler answers after a while, and a client that keeps what became of its calls. */
function openWorld() {
  const scheduler = new Scheduler();
  const random = new SeededRandom(7);
  const network = new SimNetwork({
    scheduler,
    random,
    world: { network: { minMs: 5, meanMs: 5 }, links: {}, choppedShare: 0 },
    links: [UP, DOWN],
  });
  const state: { process: SimProcess; isUp: boolean } = { process: newProcess(), isUp: true };
  const served: HttpRequest[] = [];
  const messages: string[] = [];
  const handler = async (request: HttpRequest): Promise<HttpResponse> => {
    served.push(request);
    const { process } = state;
    return new Promise((resolve) =>
      scheduler.setTimer(SERVE_MS, () =>
        process.enter(() => resolve({ status: 200, headers: { a: "b" }, body: request.body })),
      ),
    );
  };
  const http = new SimHttp({
    scheduler,
    network,
    nodes: ["n1"],
    random,
    serverOf: () => (state.isUp ? { process: state.process, handler } : undefined),
    serve: (_node, server, request) => server.handler(request),
    onMessage: ({ from, to, label }) => {
      messages.push(`${from} to ${to}: ${label}`);
      return () => messages.push(`arrived: ${label}`);
    },
  });
  const ends: string[] = [];
  const call = (url = `${SimHttp.clientUrl("n1", "n1")}/kv/k?w=2`) => {
    const body = Buffer.from("body");
    http.call({ method: "PUT", url, timeoutMs: TIMEOUT_MS, body, headers: { x: "y" } }).then(
      ({ status, headers, body: back }) => {
        const text = Buffer.from(back).toString();
        ends.push(`${scheduler.monotonicMs()}: ${status} ${headers["a"]} ${text}`);
      },
      ({ sent, message }: HttpCallError) =>
        ends.push(`${scheduler.monotonicMs()}: ${sent ? "sent" : "not sent"}, ${message}`),
    );
  };
  const pass = (ms: number) =>
    scheduler.run(new Promise<void>((resolve) => scheduler.setTimer(ms, resolve)), {
      untilMs: 1e6,
    });
  return { network, state, served, messages, call, ends, pass };
}

function newProcess(): SimProcess {
  return new SimProcess((error) => {
    throw error;
  });
}

const WHERE = "Cannot PUT http://client-n1.to.n1:8001/kv/k?w=2";

describe("SimHttp", () => {
  test("carries request and answer over the links of the client, at their pace", async () => {
    const { call, ends, pass, served, messages, network } = openWorld();
    call();
    await pass(2_000);
    expect(ends).toEqual(["110: 200 b body"]);
    expect(served).toMatchObject([{ method: "PUT", path: "/kv/k", headers: { x: "y" } }]);
    expect(served[0]?.query.get("w")).toBe("2");
    expect(messages).toEqual([
      "client-n1 to n1: PUT /kv/k?w=2",
      "arrived: PUT /kv/k?w=2",
      "n1 to client-n1: 200",
      "arrived: 200",
    ]);
    expect(Math.min(...network.carriedBytes([UP, DOWN]).values())).toBeGreaterThan(4);
  });

  test("a host that nobody knows is refused before anything is sent", async () => {
    const { call, ends, pass } = openWorld();
    call("http://n9.node:8000/kv/k");
    await pass(1);
    expect(ends).toEqual(["0: not sent, Cannot PUT http://n9.node:8000/kv/k: no such host"]);
  });

  test("a node that serves nobody refuses, which takes a way there and back", async () => {
    const { call, ends, pass, state, served } = openWorld();
    state.isUp = false;
    call();
    await pass(50);
    expect(ends).toEqual([`10: not sent, ${WHERE}: connection refused`]);
    expect(served).toEqual([]);
  });

  test("a process that dies resets what is under way and never answers it", async () => {
    const { call, ends, pass, state, messages } = openWorld();
    call();
    await pass(50);
    state.process.kill();
    await pass(2_000);
    expect(ends).toEqual([`55: sent, ${WHERE}: connection reset`]);
    expect(messages.filter((message) => message.includes("200"))).toEqual([]);
  });

  test("a process that dies of an error while its answer is ready sends none", async () => {
    const { call, ends, pass, state, messages } = openWorld();
    call();
    const waitMs = 5 + SERVE_MS;
    await pass(waitMs - 1);
    // The handler's timer resolves the answer, and the same turn ends the process before the answer leaves.
    const { process } = state;
    const enter = process.enter.bind(process);
    process.enter = (callback) => {
      enter(callback);
      process.kill();
    };
    await pass(2_000);
    expect(ends).toEqual([`${waitMs + 5}: sent, ${WHERE}: connection reset`]);
    expect(messages.filter((message) => message.includes("200"))).toEqual([]);
  });

  test("a paused process answers late", async () => {
    const { call, ends, pass, state } = openWorld();
    state.process.pause();
    call();
    await pass(500);
    expect(ends).toEqual([]);
    state.process.resume();
    await pass(500);
    expect(ends).toEqual(["605: 200 b body"]);
  });

  test("a process that stays paused is silent until the timeout, and its late answer goes nowhere", async () => {
    const { call, ends, pass, state, served } = openWorld();
    state.process.pause();
    call();
    await pass(1_500);
    expect(ends).toEqual([`1000: sent, ${WHERE}: no response within 1000 ms`]);
    state.process.resume();
    await pass(500);
    expect(served).toHaveLength(1);
    expect(ends).toHaveLength(1);
  });

  for (const [what, link, arrives] of [
    ["to the node the request never arrives", UP, 0],
    ["to the client the node serves it", DOWN, 1],
  ] as const) {
    test(`in a black hole ${what}, and the client hears nothing until its timeout`, async () => {
      const { call, ends, pass, network, served } = openWorld();
      network.impair([link], { kind: "black-hole" });
      call();
      await pass(2_000);
      expect(ends).toEqual([`1000: sent, ${WHERE}: no response within 1000 ms`]);
      expect(served).toHaveLength(arrives);
    });
  }

  test("the end of a black hole resets what waits in it", async () => {
    const { call, ends, pass, network } = openWorld();
    const heal = network.impair([UP], { kind: "black-hole" });
    call();
    await pass(200);
    heal();
    await pass(1);
    expect(ends).toEqual([`200: sent, ${WHERE}: connection reset`]);
  });

  test("closed links refuse at once, and reset what is under way", async () => {
    const { call, ends, pass, network, served } = openWorld();
    call();
    await pass(50);
    const heal = network.impair([UP, DOWN], { kind: "closed" });
    call();
    await pass(1_000);
    expect(ends).toEqual([
      `50: sent, ${WHERE}: connection reset`,
      `50: not sent, ${WHERE}: connection refused`,
    ]);
    expect(served).toHaveLength(1);
    heal();
    call();
    await pass(1_000);
    expect(ends.at(-1)).toBe("1160: 200 b body");
  });

  test("a reset loses a request that has not arrived, and the answer of one that has", async () => {
    const { call, ends, pass, network, served } = openWorld();
    call();
    await pass(2);
    network.reset([UP], "reset");
    await pass(1_500);
    expect(ends).toEqual([`2: sent, ${WHERE}: connection reset`]);
    expect(served).toEqual([]);
    call();
    await pass(SERVE_MS + 7);
    network.reset([DOWN], "reset");
    await pass(2_000);
    expect(served).toHaveLength(1);
    expect(ends).toHaveLength(2);
    expect(ends[1]).toMatch(/: sent, .*connection reset$/);
  });

  test("the direct address goes past every fault, in no time", async () => {
    const { call, ends, pass, network } = openWorld();
    network.impair([UP, DOWN], { kind: "closed" });
    call(`${SimHttp.directUrl("n1")}/kv/k`);
    await pass(500);
    expect(ends).toEqual(["100: 200 b body"]);
  });
});
