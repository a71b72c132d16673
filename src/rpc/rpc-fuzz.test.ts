/* Whatever bytes arrive, at either end, the connection ends or goes on; nothing throws, and the next connection works. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Connection } from "../env/transport.ts";
import { FRAME_KINDS } from "../protocol/frame-kinds.ts";
import { FrameWriter } from "../protocol/framing.ts";
import { encodeHello, encodeHelloAck, makeHello } from "../protocol/hello.ts";
import { writeRequest } from "../protocol/request-codec.ts";
import { anyRequest } from "../protocol/testing/message-arbitraries.ts";
import type { Outcome } from "./contract.ts";
import { RpcClient } from "./rpc-client.ts";
import { RpcServer } from "./rpc-server.ts";
import { createManualWorld } from "./testing/manual-world.ts";
import { B, echo, identityOf } from "./testing/rpc-contract.ts";

const hello = makeHello(identityOf("a"));

function frame(kind: number, id: number, body: Uint8Array): Buffer {
  const writer = new FrameWriter(1_000_000);
  writer.begin(kind, id);
  writer.raw(body);
  writer.end();
  return Buffer.concat(writer.take());
}

const garbage = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .tuple(
      fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Object.values(FRAME_KINDS))),
      fc.nat({ max: 5 }),
      fc.uint8Array({ maxLength: 60 }),
    )
    .map(([kind, id, body]) => frame(kind, id, body)),
  anyRequest.map((request) => {
    const writer = new FrameWriter(1_000_000);
    writeRequest(writer, 1, request, { protocol: 4, due: 1_000 });
    return Buffer.concat(writer.take());
  }),
  fc.constant(frame(FRAME_KINDS.hello, 0, encodeHello(hello))),
  fc.constant(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x10, 0, 0, 0, 1])),
);

/** Cuts into pieces of the given sizes, over and over. */
function chunker(sizes: readonly number[]) {
  return (bytes: Uint8Array): readonly Uint8Array[] => {
    const pieces: Uint8Array[] = [];
    for (let at = 0, index = 0; at < bytes.length; index++) {
      const end = at + (sizes[index % sizes.length] ?? bytes.length);
      pieces.push(bytes.subarray(at, end));
      at = end;
    }
    return pieces;
  };
}

const anyChunking = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 5 });

describe("RPC ends fed with anything", () => {
  test("a server survives it, greeted or not, and serves the next connection", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(garbage, { maxLength: 6 }),
        fc.boolean(),
        anyChunking,
        async (pieces, greeted, sizes) => {
          const world = createManualWorld();
          world.network.chunk = chunker(sizes);
          const parts = { identity: identityOf("b"), handler: echo };
          const server = new RpcServer(world.env, parts, { frameBytesMax: 100_000 });
          const address = await server.listen("b:0");
          const attacker = world.network.connect(address, {
            onOpen: () => {},
            onData: () => {},
            onClose: () => {},
          });
          world.clock.settle();
          if (greeted) attacker.send(frame(FRAME_KINDS.hello, 0, encodeHello(hello)));
          for (const piece of pieces) attacker.send(piece);
          world.clock.advance(2_000);
          const client = new RpcClient(world.env, {
            identity: identityOf("a"),
            addressOf: () => address,
          });
          const outcome = await world.drive(
            new Promise<Outcome>((resolve) => client.call(B, { type: "ping" }, 500, resolve)),
          );
          expect(outcome.kind).toBe("reply");
          expect(world.env.metrics.valueOf("ringside_rpc_served_in_flight")).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a server closes a connection that says no hello, and counts bad frames", async () => {
    const world = createManualWorld();
    const server = new RpcServer(world.env, { identity: identityOf("b"), handler: echo });
    const address = await server.listen("b:0");
    let closed = 0;
    const handlers = { onOpen: () => {}, onData: () => {}, onClose: () => closed++ };
    world.network.connect(address, handlers);
    const attacker = world.network.connect(address, handlers);
    world.clock.settle();
    attacker.send(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    world.clock.settle();
    expect(closed).toBe(1);
    // The hello timer of the other connection alone.
    expect(world.clock.timerCount).toBe(1);
    expect(world.env.metrics.valueOf("ringside_rpc_bad_frames_total")).toBe(1);
    world.clock.advance(2_000);
    expect(closed).toBe(2);
    expect(world.clock.timerCount).toBe(0);
  });

  test("a client survives it, and each call ends once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(garbage, { maxLength: 6 }),
        fc.boolean(),
        anyChunking,
        async (pieces, greeted, sizes) => {
          const world = createManualWorld();
          world.network.chunk = chunker(sizes);
          const attack = (connection: Connection): void => {
            for (const piece of pieces) connection.send(piece);
          };
          const listener = await world.network.listen("b:0", (connection) => ({
            onOpen: () => {},
            onData: (bytes) => {
              // The client's hello in full, its bytes being fewer than the first chunk of most chunkings.
              const own = greeted ? ackOf(bytes) : undefined;
              if (own !== undefined) connection.send(own);
              attack(connection);
            },
            onClose: () => {},
          }));
          const client = new RpcClient(world.env, {
            identity: identityOf("a"),
            addressOf: () => listener.address,
          });
          const outcomes: Outcome[] = [];
          const count = 5;
          for (let index = 0; index < count; index++) {
            client.call(B, { type: "ping" }, 100 * index, (outcome) => outcomes.push(outcome));
            world.clock.advance(20);
          }
          world.clock.advance(5_000);
          expect(outcomes).toHaveLength(count);
          client.close();
          world.clock.advance(5_000);
          expect(world.clock.timerCount).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** The ack of a server that knows the secret, where the bytes are the whole hello. */
function ackOf(bytes: Uint8Array): Buffer | undefined {
  const whole = frame(FRAME_KINDS.hello, 0, encodeHello(hello));
  if (Buffer.compare(whole, bytes) !== 0) return undefined;
  const ack = makeHello(identityOf("b"), hello);
  return frame(FRAME_KINDS.helloAck, 0, encodeHelloAck({ protocol: 4, clock: 1_000, hello: ack }));
}
