/* A forwarded write that comes after its caller has given it up is not carried out, and one that is in time always is. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../env/clock.ts";
import type { Environment } from "../env/environment.ts";
import { FRAME_KINDS } from "../protocol/frame-kinds.ts";
import { FrameReader, FrameWriter } from "../protocol/framing.ts";
import { encodeHello, makeHello } from "../protocol/hello.ts";
import type { ForwardRequest, Request } from "../protocol/messages.ts";
import { writeRequest } from "../protocol/request-codec.ts";
import type { Outcome } from "./contract.ts";
import { RpcClient } from "./rpc-client.ts";
import { RpcServer } from "./rpc-server.ts";
import { createManualWorld } from "./testing/manual-world.ts";
import { B, echo, identityOf, putOf } from "./testing/rpc-contract.ts";

const TIMEOUT_MS = 100;

function forwardOf(budgetMs: number): ForwardRequest {
  return {
    type: "forward",
    ring: { epoch: 1, digest: "00112233445566ff" },
    key: Buffer.from("key"),
    context: Buffer.alloc(0),
    payload: Buffer.from("payload"),
    w: 2,
    budgetMs,
    strict: false,
  };
}

let world: ReturnType<typeof createManualWorld>;
let received: Request[];
/** Of each of them, as it came: until when its caller waits. */
let leftMs: (number | undefined)[];
let address: string;

beforeEach(() => {
  world = createManualWorld();
  received = [];
  leftMs = [];
});

/** `peerAheadMs`: by how much the peer's clock is ahead of ours at a moment. */
async function connect(peerAheadMs: () => number = () => 0): Promise<RpcClient> {
  const { clock } = world;
  const peerClock: Clock = {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs() + peerAheadMs(),
    setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
    defer: (callback) => clock.defer(callback),
  };
  const peerEnvironment: Environment = { ...world.env, clock: peerClock };
  const server = new RpcServer(peerEnvironment, {
    identity: identityOf("b"),
    handler: (from, request, respond, deadlineMs) => {
      received.push(request);
      leftMs.push(deadlineMs && deadlineMs - peerClock.monotonicMs());
      echo(from, request, respond);
    },
  });
  address = await server.listen("b:0");
  const client = new RpcClient(world.env, {
    identity: identityOf("a"),
    addressOf: () => address,
  });
  expect(await world.drive(call(client))).toMatchObject({ kind: "reply" });
  received = [];
  leftMs = [];
  return client;
}

function call(client: RpcClient, timeoutMs = TIMEOUT_MS): Promise<Outcome> {
  return new Promise((resolve) => client.call(B, forwardOf(timeoutMs), timeoutMs, resolve));
}

function lateCount(): number {
  return world.env.metrics.valueOf("ringside_rpc_late_total");
}

describe("a request that was on its way", () => {
  test.each([0, 1e6, -500, 2 ** 33])(
    "for longer than its caller waited is not carried out, with clocks that are %d ms apart",
    async (aheadMs) => {
      const client = await connect(() => aheadMs);
      world.network.delayMs = TIMEOUT_MS + 5;
      expect(await world.drive(call(client))).toEqual({ kind: "timeout" });
      world.clock.advance(1_000);
      expect(received).toEqual([]);
      expect(lateCount()).toBe(1);
    },
  );

  test("nearly that long is carried out, in what is left of its time, rounded up", async () => {
    const client = await connect(() => 1e6);
    world.network.delayMs = TIMEOUT_MS - 10;
    expect(await world.drive(call(client))).toEqual({ kind: "timeout" });
    world.clock.advance(1_000);
    expect(received).toMatchObject([{ type: "forward" }]);
    expect(leftMs).toEqual([11]);
    expect(lateCount()).toBe(0);
  });

  test("for however long is carried out where it does no harm: a copy is merged, a read is answered to nobody", async () => {
    const client = await connect();
    world.network.delayMs = TIMEOUT_MS + 5;
    const put = putOf("key", 10);
    client.call(B, put, TIMEOUT_MS, () => {});
    world.clock.advance(1_000);
    expect(received).toMatchObject([{ type: "put" }]);
    expect(leftMs).toEqual([Number.POSITIVE_INFINITY]);
    expect(lateCount()).toBe(0);
  });
});

test("a peer whose clock has left ours behind takes forwarded writes for late until it answers anything", async () => {
  let aheadMs = 0;
  const client = await connect(() => aheadMs);
  aheadMs = 600;
  expect(await world.drive(call(client))).toEqual({ kind: "timeout" });
  expect(lateCount()).toBe(1);
  await world.drive(new Promise((resolve) => client.call(B, { type: "ping" }, 100, resolve)));
  expect(await world.drive(call(client))).toMatchObject({ kind: "reply" });
  expect(world.network.dials).toHaveLength(1);
});

test("where nothing is answered the silence ends the connection, and the next one knows the clocks", async () => {
  let aheadMs = 0;
  const client = await connect(() => aheadMs);
  aheadMs = 3_600_000;
  const kinds: Outcome["kind"][] = [];
  for (let calls = 0; calls < 20; calls += 1) {
    kinds.push((await world.drive(call(client))).kind);
    world.clock.advance(100);
  }
  expect([kinds[0], kinds.at(-1)]).toEqual(["timeout", "reply"]);
  expect(world.network.dials).toHaveLength(2);
  expect(lateCount()).toBe(kinds.filter((kind) => kind === "timeout").length);
});

test("a request of a peer of protocol 2 has no due time and is carried out whenever it comes", async () => {
  await connect();
  const writer = new FrameWriter(1_000_000);
  writer.begin(FRAME_KINDS.hello, 0);
  writer.raw(
    encodeHello({ ...makeHello(identityOf("a", { clusterSecret: undefined })), protocolMax: 2 }),
  );
  writer.end();
  const kinds: number[] = [];
  const reader = new FrameReader(1_000_000, (kind) => kinds.push(kind));
  const server = new RpcServer(world.env, {
    identity: identityOf("b", { clusterSecret: undefined }),
    handler: echo,
  });
  const old = world.network.connect(await server.listen("b:0"), {
    onOpen: () => {},
    onData: (bytes) => reader.push(bytes),
    onClose: () => kinds.push(-1),
  });
  world.clock.settle();
  writeRequest(writer, 1, forwardOf(100), { protocol: 2, due: 0 });
  old.send(Buffer.concat(writer.take()));
  world.clock.settle();
  expect(kinds).toEqual([FRAME_KINDS.helloAck, FRAME_KINDS.forwardReply]);
});
