/*
 * What becomes of calls when the network misbehaves, on a clock and a network that do what the test says. The question of each test is
 * whether the outcome says truly what the peer may know of the call.
 */
import { beforeEach, describe, expect, test } from "vitest";
import type { Request } from "../protocol/messages.ts";
import type { Outcome, RequestHandler } from "./contract.ts";
import { RpcClient } from "./rpc-client.ts";
import type { RpcLimits } from "./rpc-limits.ts";
import { RpcServer } from "./rpc-server.ts";
import { createManualWorld } from "./testing/manual-world.ts";
import { B, echo, identityOf, putOf } from "./testing/rpc-contract.ts";

const PING: Request = { type: "ping" };

let world: ReturnType<typeof createManualWorld>;
let address: string;
let received: Request[];

beforeEach(() => {
  world = createManualWorld();
  received = [];
});

async function serve(handler: RequestHandler = echo, limits: Partial<RpcLimits> = {}) {
  const counting: RequestHandler = (from, request, respond) => {
    received.push(request);
    handler(from, request, respond);
  };
  const parts = { identity: identityOf("b"), handler: counting };
  const server = new RpcServer(world.env, parts, limits);
  address = await server.listen("b:0");
  return server;
}

function dial(limits: Partial<RpcLimits> = {}): RpcClient {
  const parts = { identity: identityOf("a"), addressOf: () => address };
  return new RpcClient(world.env, parts, limits);
}

/** Calls and gives a record of the outcome, filled in once there is one. */
function call(client: RpcClient, request: Request = PING, timeoutMs = 100) {
  const record: { outcomes: Outcome[]; atMs: number } = { outcomes: [], atMs: 0 };
  const timer = client.call(B, request, timeoutMs, (outcome) => {
    record.outcomes.push(outcome);
    record.atMs = world.clock.monotonicMs();
  });
  expect(record.outcomes, "called back before call() returned").toEqual([]);
  return { record, cancel: () => timer.cancel(), kinds: () => record.outcomes.map((o) => o.kind) };
}

describe("RpcClient", () => {
  test("keeps one connection, and writes the frames of a turn in one batch", async () => {
    await serve();
    const client = dial();
    call(client);
    world.clock.settle();
    const sizes: number[] = [];
    world.network.chunk = (bytes) => {
      sizes.push(bytes.length);
      return [bytes];
    };
    const calls = Array.from({ length: 10 }, () => call(client));
    world.clock.settle();
    expect(calls.map(({ kinds }) => kinds())).toEqual(calls.map(() => ["reply"]));
    expect(sizes).toEqual([90, 130]);
    expect(world.network.dials).toHaveLength(1);
  });

  test("a call over a black hole times out, 0 to 4 ms late", async () => {
    await serve();
    const client = dial();
    call(client);
    world.clock.settle();
    world.network.blackHole(address);
    const startMs = world.clock.monotonicMs();
    const swallowed = call(client, PING, 101);
    world.clock.advance(200);
    expect(swallowed.kinds()).toEqual(["timeout"]);
    expect(swallowed.record.atMs - startMs).toBeGreaterThanOrEqual(101);
    expect(swallowed.record.atMs - startMs).toBeLessThanOrEqual(105);
  });

  test("a call whose dial ends in a black hole was not sent", async () => {
    await serve();
    world.network.blackHole(address);
    const client = dial();
    const waiting = call(client);
    world.clock.advance(200);
    expect(waiting.kinds()).toEqual(["not-sent"]);
    expect(received).toEqual([]);
  });

  test("a connection silent for 1,500 ms is dialled again, without a close from the other end", async () => {
    await serve();
    const client = dial();
    call(client);
    world.clock.settle();
    world.network.blackHole(address, "downstream");
    for (let spentMs = 0; spentMs < 1_400; spentMs += 200) {
      call(client);
      world.clock.advance(200);
    }
    expect(world.network.dials).toHaveLength(1);
    call(client);
    world.clock.advance(200);
    // The hole is gone, and nobody closed what it swallowed.
    world.network.blackHole(address, "upstream");
    call(client);
    world.clock.advance(50);
    expect(world.network.dials).toHaveLength(2);
  });

  test("after a black hole is removed, which closes its links, the next call goes through", async () => {
    await serve();
    world.network.delayMs = 5;
    const client = dial();
    const first = call(client);
    world.clock.advance(20);
    // Two one-way trips for the hellos and two for the call.
    expect(first.record.atMs).toBe(1_020);
    world.network.blackHole(address);
    const swallowed = call(client, PING, 1_000);
    world.clock.advance(500);
    world.network.heal(address);
    world.clock.advance(20);
    expect(swallowed.kinds()).toEqual(["lost"]);
    const next = call(client);
    world.clock.advance(50);
    expect(next.kinds()).toEqual(["reply"]);
  });

  test("a connection is found silent by cancelled calls too", async () => {
    await serve();
    const client = dial();
    call(client);
    world.clock.settle();
    world.network.blackHole(address);
    for (let spentMs = 0; spentMs < 1_600; spentMs += 100) {
      const { cancel } = call(client, PING, 1_000);
      world.clock.advance(100);
      cancel();
    }
    expect(world.network.dials).toHaveLength(2);
  });

  test("a slow answer on a connection where bytes arrive is waited for", async () => {
    const held: (() => void)[] = [];
    await serve((from, request, respond) => {
      if (request.type === "put") held.push(() => echo(from, request, respond));
      else echo(from, request, respond);
    });
    const client = dial();
    const slow = call(client, putOf("k", 10), 10_000);
    for (let spentMs = 0; spentMs < 4_000; spentMs += 500) {
      call(client);
      world.clock.advance(500);
    }
    for (const answer of held) answer();
    world.clock.settle();
    expect(slow.kinds()).toEqual(["reply"]);
    expect(world.network.dials).toHaveLength(1);
  });

  test("a lone slow answer is waited for, however silent its connection, when no call was given up", async () => {
    const held: (() => void)[] = [];
    await serve((from, request, respond) => held.push(() => echo(from, request, respond)));
    const client = dial();
    const slow = call(client, PING, 10_000);
    world.clock.advance(3_000);
    const other = call(client, PING, 10_000);
    world.clock.advance(1);
    for (const answer of held) answer();
    world.clock.settle();
    expect([...slow.kinds(), ...other.kinds()]).toEqual(["reply", "reply"]);
    expect(world.network.dials).toHaveLength(1);
  });

  test("a handler that answers twice is heard once", async () => {
    await serve((from, request, respond) => {
      echo(from, request, respond);
      echo(from, request, respond);
    });
    const client = dial();
    const answered = call(client);
    world.clock.settle();
    expect(answered.kinds()).toEqual(["reply"]);
    const { metrics } = world.env;
    expect(metrics.valueOf("ringside_rpc_served_in_flight")).toBe(0);
    const sent = { side: "server", direction: "sent" };
    expect(metrics.valueOf("ringside_rpc_frames_total", sent)).toBe(1);
  });

  test("a closed connection ends sent calls as lost and unsent ones as not-sent", async () => {
    await serve(() => {});
    const client = dial();
    call(client, PING, 10_000).cancel();
    world.clock.settle();
    const sent = call(client, PING, 10_000);
    world.clock.settle();
    expect(received).toHaveLength(1);
    const unsent = call(client, PING, 10_000);
    client.redial(B);
    world.clock.settle();
    expect(sent.kinds()).toEqual(["lost"]);
    expect(unsent.kinds()).toEqual(["not-sent"]);
    expect(received).toHaveLength(1);
  });

  test("a call that was written but not yet flushed when its time ran out may be sent", async () => {
    await serve(() => {});
    const client = dial();
    call(client).cancel();
    world.clock.settle();
    const short = call(client, PING, 0);
    world.clock.advance(10);
    expect(received.length).toBe(1);
    expect(short.kinds()).toEqual(["timeout"]);
  });

  test("while nobody listens calls fail at once during backoff, and it grows only so far", async () => {
    const server = await serve();
    await server.close();
    const client = dial({ backoffMinMs: 10, backoffMaxMs: 200 });
    const outcomes: string[] = [];
    for (let spentMs = 0; spentMs < 2_000; spentMs++) {
      const { kinds } = call(client, PING, 1_000);
      world.clock.advance(1);
      outcomes.push(...kinds());
    }
    expect(new Set(outcomes)).toEqual(new Set(["not-sent"]));
    expect(outcomes).toHaveLength(2_000);
    expect(world.network.dials.length).toBeGreaterThan(10);
    expect(world.network.dials.length).toBeLessThan(24);
    const back = new RpcServer(world.env, { identity: identityOf("b"), handler: echo });
    await back.listen(address);
    world.clock.advance(250);
    const after = call(client);
    world.clock.settle();
    expect(after.kinds()).toEqual(["reply"]);
  });

  test("bounds calls by number and bytes, before and after the hello", async () => {
    await serve(() => {});
    const client = dial({ callsMax: 3, queueBytesMax: 5_000 });
    const early = [1, 2, 3, 4].map(() => call(client, PING, 10_000));
    const large = dial({ callsMax: 100, queueBytesMax: 5_000 });
    const heavy = [1, 2, 3].map(() => call(large, putOf("k", 3_000), 10_000));
    world.clock.settle();
    expect(early.map(({ kinds }) => kinds())).toEqual([[], [], [], ["not-sent"]]);
    expect(heavy.map(({ kinds }) => kinds())).toEqual([[], [], ["not-sent"]]);
    for (const refused of [early[3], heavy[2]]) {
      expect(refused?.record.outcomes).toMatchObject([{ isOurFault: true }]);
    }
    const late = call(client, PING, 10_000);
    const heavyLate = [1, 2, 3].map(() => call(large, putOf("k", 3_000), 10_000));
    world.clock.settle();
    expect(late.kinds()).toEqual(["not-sent"]);
    expect(heavyLate.map(({ kinds }) => kinds())).toEqual([[], [], ["not-sent"]]);
  });

  test("a cancelled call is never answered, and its late reply hurts nobody", async () => {
    const held: (() => void)[] = [];
    await serve((from, request, respond) => held.push(() => echo(from, request, respond)));
    const client = dial();
    const first = call(client);
    const second = call(client);
    world.clock.settle();
    first.cancel();
    first.cancel();
    for (const answer of held) answer();
    world.clock.settle();
    expect(first.kinds()).toEqual([]);
    expect(second.kinds()).toEqual(["reply"]);
  });

  test("close() ends everything and leaves no timer", async () => {
    const server = await serve(() => {});
    const client = dial();
    const open = call(client);
    world.clock.settle();
    client.close();
    const late = call(client);
    world.clock.settle();
    expect(open.kinds()).toEqual(["lost"]);
    expect(late.kinds()).toEqual(["not-sent"]);
    await server.close();
    world.clock.advance(5_000);
    expect(world.clock.timerCount).toBe(0);
    expect(world.network.openCount).toBe(0);
  });

  test("a server keeps the newest connections of a peer and closes the oldest beyond its bound", async () => {
    await serve(echo, { connectionsPerPeerMax: 2 });
    const [first, second, third] = [dial(), dial(), dial()];
    for (const client of [first, second, third]) {
      call(client);
      world.clock.settle();
    }
    expect(world.network.openCount).toBe(2);
    const later = [second, third, first].map((client) => call(client));
    world.clock.advance(20);
    // The first was told by the close, and its short backoff runs.
    expect(later.map(({ kinds }) => kinds()[0])).toEqual(["reply", "reply", "not-sent"]);
  });

  test("logs a refused hello once a minute for a peer", async () => {
    await serve();
    const parts = { identity: identityOf("a", { clusterId: "x" }), addressOf: () => address };
    const client = new RpcClient(world.env, parts);
    for (let count = 0; count < 50; count++) {
      call(client);
      world.clock.advance(500);
    }
    const warnings = world.env.log.lines.filter(({ level }) => level === "warn");
    // One line on each side.
    expect(warnings).toHaveLength(2);
    const { metrics } = world.env;
    expect(metrics.valueOf("ringside_rpc_hellos_rejected_total", { side: "server" })).toBe(50);
  });

  test("counts what ended without a reply", async () => {
    await serve(() => {});
    const client = dial();
    const { metrics } = world.env;
    call(client);
    world.clock.advance(50);
    expect(metrics.valueOf("ringside_rpc_calls_in_flight")).toBe(1);
    world.clock.advance(100);
    expect(metrics.valueOf("ringside_rpc_calls_in_flight")).toBe(0);
    expect(metrics.valueOf("ringside_rpc_unanswered_total", { how: "timeout" })).toBe(1);
  });
});
