/* A node of an earlier protocol closes a connection that brings a frame it does not know, so it must never be sent any; all else goes on. */
import { expect, test } from "vitest";
import { FRAME_KINDS } from "../protocol/frame-kinds.ts";
import { FrameReader, FrameWriter } from "../protocol/framing.ts";
import { decodeHello, encodeHelloAck, makeHello } from "../protocol/hello.ts";
import type { Request } from "../protocol/messages.ts";
import { writeReply } from "../protocol/reply-codec.ts";
import type { Outcome } from "./contract.ts";
import { RpcClient } from "./rpc-client.ts";
import { createManualWorld } from "./testing/manual-world.ts";
import { B, identityOf } from "./testing/rpc-contract.ts";

const GOSSIP: Request = {
  type: "gossip",
  digest: new Uint8Array(16),
  vector: undefined,
  changes: [],
};

const PARTITION_TREE: Request = {
  type: "tree",
  ring: { epoch: 1, digest: "0123456789abcdef" },
  partition: 1,
  paths: [new Uint8Array(0)],
};

test.each([
  ["gossip", GOSSIP, 3],
  ["a question for the tree of a partition", PARTITION_TREE, 4],
] as const)(
  "%s to a peer of an earlier protocol is not sent, is not held against it, and leaves the connection as it is",
  async (_name, unknown, protocol) => {
    const world = createManualWorld();
    const kinds: number[] = [];
    const writer = new FrameWriter(1_000_000);
    const { address } = await world.network.listen("b:0", (connection) => {
      const reader = new FrameReader(1_000_000, (kind, id, body) => {
        kinds.push(kind);
        if (kind === FRAME_KINDS.hello) {
          const hello = makeHello(identityOf("b"), decodeHello(body));
          writer.begin(FRAME_KINDS.helloAck, 0);
          writer.raw(encodeHelloAck({ protocol, clock: 1, hello }));
          writer.end();
        } else {
          writeReply(writer, id, { type: "ping-reply" }, { protocol, clock: 1 });
        }
        connection.send(Buffer.concat(writer.take()));
      });
      return { onOpen: () => {}, onData: (bytes) => reader.push(bytes), onClose: () => {} };
    });
    const client = new RpcClient(world.env, {
      identity: identityOf("a"),
      addressOf: () => address,
    });
    const call = (request: Request) =>
      world.drive(
        new Promise<Outcome>((resolve) => {
          client.call(B, request, 500, resolve);
        }),
      );
    // Before the hello is answered, and after.
    for (let times = 0; times < 2; times += 1) {
      expect(await call(unknown)).toMatchObject({ kind: "not-sent", isOurFault: true });
      expect(await call({ type: "ping" })).toMatchObject({ kind: "reply" });
    }
    expect(kinds).toEqual([FRAME_KINDS.hello, FRAME_KINDS.ping, FRAME_KINDS.ping]);
    expect(world.network.dials).toHaveLength(1);
  },
);
