import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { utf8Bytes } from "../../base/bytes.ts";
import type { NodeId } from "../../base/ids.ts";
import { nodeId } from "../../base/ids.ts";
import type { Environment } from "../../env/environment.ts";
import type { HelloIdentity } from "../../protocol/hello.ts";
import type { Hello, Reply, Request } from "../../protocol/messages.ts";
import type { Outcome, RequestHandler } from "../contract.ts";
import { RpcClient } from "../rpc-client.ts";
import type { RpcLimits } from "../rpc-limits.ts";
import { RpcServer } from "../rpc-server.ts";

/** Where the contract runs: an environment, and a way to let it work until a promise settles. */
export interface RpcWorld {
  readonly env: Environment;
  drive<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const RING = { epoch: 1, digest: "00112233445566ff" };

export function identityOf(id: string, overrides: Partial<HelloIdentity> = {}): HelloIdentity {
  return {
    clusterId: "test",
    clusterSecret: "a secret",
    nodeId: nodeId(id),
    incarnation: "AAAAAAAAAAA",
    ringStamp: () => RING,
    ...overrides,
  };
}

export function putOf(key: string, sizeBytes: number): Request {
  return {
    type: "put",
    ring: RING,
    key: Buffer.from(key),
    record: Buffer.alloc(sizeBytes, key),
    hintFor: undefined,
  };
}

/** Answers a get with its own key, a put with an acknowledgement, a ping with a reply. */
export const echo: RequestHandler = (_from, request, respond) => {
  const replies: Record<Request["type"], () => Reply> = {
    get: () => ({ type: "get-reply", record: request.type === "get" ? request.key : undefined }),
    copy: () => ({ type: "get-reply", record: request.type === "copy" ? request.key : undefined }),
    tree: () => ({ type: "tree-reply", nodes: undefined }),
    put: () => ({ type: "put-reply" }),
    forward: () => ({
      type: "forward-reply",
      record: request.type === "forward" ? request.payload : new Uint8Array(0),
    }),
    tombstone: () => ({ type: "tombstone-reply", holding: "none" }),
    ping: () => ({ type: "ping-reply" }),
    life: () => ({ type: "life-reply", accepted: true }),
    gossip: () => ({ type: "gossip-reply", vector: undefined, changes: [] }),
  };
  respond(replies[request.type]());
};

export const B: NodeId = nodeId("b");

/** Received bytes are views of whatever class; only their content counts. */
function plain(outcome: Outcome): Outcome {
  if (outcome.kind !== "reply" || !("record" in outcome.reply)) return outcome;
  const { reply } = outcome;
  if (reply.record === undefined) return outcome;
  return { kind: "reply", reply: { ...reply, record: Uint8Array.from(reply.record) } };
}

/** What RPC promises over any transport. */
export function describeRpcContract(name: string, createWorld: () => Promise<RpcWorld>): void {
  describe(`RPC over ${name}`, () => {
    let world: RpcWorld;
    let closers: (() => void | Promise<void>)[];

    beforeEach(async () => {
      world = await createWorld();
      closers = [];
    });
    afterEach(async () => {
      for (const close of closers.reverse()) await close();
      await world.close();
    });

    async function serve(
      handler: RequestHandler,
      identity = identityOf("b"),
      limits: Partial<RpcLimits> = {},
      onHello: (hello: Hello) => void = () => {},
    ): Promise<string> {
      const server = new RpcServer(world.env, { identity, handler, onHello }, limits);
      closers.push(() => server.close());
      return server.listen("127.0.0.1:0");
    }

    function dial(
      address: string | (() => string | undefined),
      identity = identityOf("a"),
      limits: Partial<RpcLimits> = {},
    ): RpcClient {
      const addressOf = typeof address === "string" ? () => address : address;
      const client = new RpcClient(world.env, { identity, addressOf }, limits);
      closers.push(() => client.close());
      return client;
    }

    function call(client: RpcClient, request: Request, timeoutMs = 5_000): Promise<Outcome> {
      return new Promise((resolve) => client.call(B, request, timeoutMs, resolve));
    }

    test("close() lets replies out that were given before", async () => {
      const replied = Promise.withResolvers<void>();
      const address = await serve((_from, _request, respond) => {
        respond({ type: "get-reply", record: new Uint8Array(100_000) });
        replied.resolve(closers[0]?.());
      });
      const request: Request = { type: "get", ring: RING, key: utf8Bytes("key") };
      expect((await world.drive(call(dial(address), request))).kind).toBe("reply");
      await world.drive(replied.promise);
    });

    test("call() brings a reply back for every kind of request", async () => {
      const client = dial(await serve(echo));
      const key = utf8Bytes("key");
      const forward: Request = {
        type: "forward",
        ring: RING,
        key,
        context: utf8Bytes("context"),
        payload: utf8Bytes("payload"),
        strict: true,
        w: 2,
        budgetMs: 900,
      };
      const replies = await world.drive(
        Promise.all([
          call(client, { type: "get", ring: RING, key }),
          call(client, putOf("k", 1_024)),
          call(client, forward),
          call(client, { type: "ping" }),
        ]),
      );
      expect(replies.map(plain)).toEqual([
        { kind: "reply", reply: { type: "get-reply", record: Uint8Array.from(key) } },
        { kind: "reply", reply: { type: "put-reply" } },
        {
          kind: "reply",
          reply: { type: "forward-reply", record: Uint8Array.from(utf8Bytes("payload")) },
        },
        { kind: "reply", reply: { type: "ping-reply" } },
      ]);
    });

    test("call() matches replies that come in another order, whatever their size", async () => {
      const held: (() => void)[] = [];
      const client = dial(
        await serve((from, request, respond) => {
          held.push(() => echo(from, request, respond));
          if (held.length === 50) for (const answer of held.reverse()) answer();
        }),
      );
      const keys = Array.from({ length: 50 }, (_, index) => `key ${index}`);
      const outcomes = await world.drive(
        Promise.all(
          keys.map((key, index) => {
            const payload = Buffer.alloc(index * 4_000, key);
            const forward = {
              type: "forward",
              ring: RING,
              w: 0,
              budgetMs: 1,
              strict: false,
            } as const;
            return call(client, {
              ...forward,
              key: Buffer.from(key),
              context: Buffer.alloc(0),
              payload,
            });
          }),
        ),
      );
      for (const [index, outcome] of outcomes.entries()) {
        const record =
          outcome.kind === "reply" && "record" in outcome.reply && outcome.reply.record;
        expect(
          Buffer.from(record || "nothing").equals(Buffer.alloc(index * 4_000, keys[index])),
        ).toBe(true);
      }
    });

    test("call() times out where no reply comes, and cancel() silences it", async () => {
      const client = dial(await serve(() => {}));
      let cancelledCalls = 0;
      const timer = client.call(B, { type: "ping" }, 20, () => cancelledCalls++);
      timer.cancel();
      expect(await world.drive(call(client, { type: "ping" }, 60))).toEqual({ kind: "timeout" });
      expect(cancelledCalls).toBe(0);
    });

    test("call() is not-sent where nobody listens, and where there is no address", async () => {
      const address = await serve(echo);
      await closers.pop()?.();
      expect(await world.drive(call(dial(address), { type: "ping" }))).toMatchObject({
        kind: "not-sent",
      });
      const nowhere = dial(() => undefined);
      expect(await world.drive(call(nowhere, { type: "ping" }))).toEqual({
        kind: "not-sent",
        reason: "Cannot call node b: node b has no address",
      });
    });

    test("redial() ends calls under way as lost and takes the new route", async () => {
      let arrived = (): void => {};
      const arrival = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const first = await serve(() => arrived());
      const second = await serve(echo);
      let address = first;
      const client = dial(() => address);
      const lost = call(client, { type: "ping" });
      await world.drive(arrival);
      address = second;
      client.redial(B);
      expect(await world.drive(lost)).toMatchObject({ kind: "lost" });
      expect(await world.drive(call(client, { type: "ping" }))).toMatchObject({ kind: "reply" });
    });

    test.each([
      ["cluster id", { clusterId: "other" }, "it belongs to cluster other"],
      ["cluster secret", { clusterSecret: "guess" }, "proof does not fit"],
      ["missing secret", { clusterSecret: undefined }, "proof does not fit"],
    ])(
      "D-2.1-3 a hello with a wrong %s is refused with the reason",
      async (_what, overrides, reason) => {
        const client = dial(await serve(echo), identityOf("a", overrides));
        const outcome = await world.drive(call(client, { type: "ping" }));
        expect(outcome).toMatchObject({
          kind: "not-sent",
          reason: expect.stringContaining(reason),
        });
      },
    );

    test("a route that leads to another node is refused", async () => {
      const client = dial(await serve(echo, identityOf("c")));
      const outcome = await world.drive(call(client, { type: "ping" }));
      expect(outcome).toMatchObject({
        kind: "not-sent",
        reason: expect.stringContaining("node b was dialled"),
      });
    });

    test("onHello tells who connected", async () => {
      const seen: string[] = [];
      const address = await serve(echo, identityOf("b"), {}, (hello) => seen.push(hello.nodeId));
      await world.drive(call(dial(address), { type: "ping" }));
      expect(seen).toEqual(["a"]);
    });

    test("onBytes tells of a large answer before all of it is there", async () => {
      const address = await serve((_from, request, respond) => {
        if (request.type !== "ping") respond({ type: "get-reply", record: new Uint8Array(5e6) });
      });
      const seen: string[] = [];
      const client = new RpcClient(world.env, {
        identity: identityOf("a"),
        addressOf: () => address,
        onBytes: (peer) => seen.push(peer),
      });
      closers.push(() => client.close());
      expect(await world.drive(call(client, { type: "ping" }, 50))).toEqual({ kind: "timeout" });
      expect(seen).toEqual([]);
      const request: Request = { type: "get", ring: RING, key: utf8Bytes("key") };
      expect((await world.drive(call(client, request))).kind).toBe("reply");
      expect(new Set(seen)).toEqual(new Set([B]));
      expect(seen.length).toBeGreaterThan(1);
    });

    test("requests over the bound of a connection are answered overloaded", async () => {
      const held: (() => void)[] = [];
      const address = await serve(
        (from, request, respond) => held.push(() => echo(from, request, respond)),
        identityOf("b"),
        { servedMax: 2 },
      );
      const client = dial(address);
      const calls = [1, 2, 3].map(() => call(client, { type: "ping" }));
      const [, , third] = calls;
      if (third === undefined) throw new Error("Cannot happen: three calls were made");
      expect(await world.drive(third)).toMatchObject({ reply: { code: "overloaded" } });
      for (const answer of held) answer();
      expect(await world.drive(Promise.all(calls.slice(0, 2)))).toMatchObject([
        { reply: { type: "ping-reply" } },
        { reply: { type: "ping-reply" } },
      ]);
    });

    test("what is too large for a frame is not sent, and hurts no other call", async () => {
      const limits = { frameBytesMax: 10_000 };
      const client = dial(await serve(echo, identityOf("b"), limits), identityOf("a"), limits);
      const outcomes = await world.drive(
        Promise.all([
          call(client, putOf("x", 100)),
          call(client, putOf("y", 40_000)),
          call(client, putOf("z", 9_900)),
        ]),
      );
      expect(outcomes.map((outcome) => outcome.kind)).toEqual(["reply", "not-sent", "reply"]);
    });
  });
}
