import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.ts";
import { nodeId } from "../../../src/base/ids.ts";
import { SeededRandom } from "../../../src/base/seeded-random.ts";
import { FRAME_KINDS } from "../../../src/protocol/frame-kinds.ts";
import { FrameWriter } from "../../../src/protocol/framing.ts";
import {
  encodeHello,
  encodeHelloAck,
  encodeHelloReject,
  makeHello,
} from "../../../src/protocol/hello.ts";
import type { Reply, Request } from "../../../src/protocol/messages.ts";
import { writeReply } from "../../../src/protocol/reply-codec.ts";
import { writeRequest } from "../../../src/protocol/request-codec.ts";
import { FrameLabels } from "./frame-labels.ts";

const ring = { epoch: 1, digest: "0123456789abcdef" };
const key = utf8Bytes("cart-3");
const record = new Uint8Array(20_000).fill(7);
const empty = new Uint8Array(0);

const hello = makeHello({
  clusterId: "test",
  clusterSecret: "secret",
  nodeId: nodeId("n1"),
  incarnation: "AAAAAAAAAAA",
  ringStamp: () => ring,
});

/** What a connection sends, as one stream of bytes. */
function stream(write: (writer: FrameWriter) => void): Buffer {
  const writer = new FrameWriter(1_000_000);
  write(writer);
  return Buffer.concat(writer.take());
}

function greeting(kind: number, body: Uint8Array): Buffer {
  return stream((writer) => {
    writer.begin(kind, 0);
    writer.raw(body);
    writer.end();
  });
}

function requests(...all: readonly Request[]): Buffer {
  return stream((writer) => {
    for (const [id, request] of all.entries())
      writeRequest(writer, id, request, { protocol: 4, due: 7 });
  });
}

function replies(...all: readonly Reply[]): Buffer {
  return stream((writer) => {
    for (const [id, reply] of all.entries())
      writeReply(writer, id, reply, { protocol: 4, clock: 7 });
  });
}

describe("FrameLabels.push()", () => {
  test("names the frames of a requester, with the key", () => {
    const forward = {
      ring,
      key,
      context: empty,
      payload: empty,
      w: 2,
      budgetMs: 100,
      strict: false,
    };
    const sent = Buffer.concat([
      greeting(FRAME_KINDS.hello, encodeHello(hello)),
      requests(
        { type: "get", ring, key },
        { type: "put", ring, key, record, hintFor: undefined },
        { type: "put", ring, key, record, hintFor: nodeId("n4") },
        { type: "forward", ...forward },
        { type: "ping" },
        { type: "gossip", digest: Buffer.alloc(16), vector: undefined, changes: [] },
        { type: "gossip", digest: Buffer.alloc(16), vector: new Map(), changes: [key] },
      ),
    ]);
    const labels = ["hello n1", "get cart-3", "put cart-3", "hint cart-3 for n4", "forward cart-3"];
    const gossip = ["gossip digest", "gossip vector 1 changes"];
    expect(new FrameLabels().push(sent)).toEqual([...labels, "ping", ...gossip]);
  });

  test("names the frames of an answerer", () => {
    const sent = Buffer.concat([
      greeting(FRAME_KINDS.helloAck, encodeHelloAck({ protocol: 4, clock: 7, hello })),
      greeting(FRAME_KINDS.helloReject, encodeHelloReject("another cluster")),
      replies(
        { type: "get-reply", record },
        { type: "get-reply", record: undefined },
        { type: "put-reply" },
        { type: "forward-reply", record },
        { type: "ping-reply" },
        { type: "gossip-reply", vector: new Map(), changes: [] },
        { type: "error-reply", code: "stale-ring", message: "Cannot serve" },
      ),
    ]);
    expect(new FrameLabels().push(sent)).toEqual([
      "hello-ack n1",
      "hello-reject: another cluster",
      "get-reply",
      "get-reply not found",
      "put-reply",
      "forward-reply",
      "ping-reply",
      "gossip-reply vector",
      "error stale-ring",
    ]);
  });

  test("gives a frame's label with the piece that completes it", () => {
    const sent = requests({ type: "put", ring, key, record, hintFor: undefined }, { type: "ping" });
    const labels = new FrameLabels();
    const bordered = sent.length - 9;
    expect(labels.push(sent.subarray(0, 3))).toEqual([]);
    expect(labels.push(sent.subarray(3, bordered - 1))).toEqual([]);
    expect(labels.push(sent.subarray(bordered - 1, bordered + 2))).toEqual(["put cart-3"]);
    expect(labels.push(sent.subarray(bordered + 2))).toEqual(["ping"]);
  });

  test("shows a key that is no text in hexadecimal, and cuts a long one", () => {
    const labels = new FrameLabels();
    expect(labels.push(requests({ type: "get", ring, key: Buffer.from([0xff, 0]) }))).toEqual([
      "get 0xff00",
    ]);
    const [long] = labels.push(requests({ type: "get", ring, key: utf8Bytes("k".repeat(500)) }));
    expect(long).toBe(`get ${"k".repeat(39)}…`);
  });

  test("says of a frame that it cannot be read, and goes on with the next", () => {
    const sent = Buffer.concat([greeting(FRAME_KINDS.get, empty), greeting(0x55, empty)]);
    expect(new FrameLabels().push(Buffer.concat([sent, requests({ type: "ping" })]))).toEqual([
      "unreadable frame of kind 16",
      "unreadable frame of kind 85",
      "ping",
    ]);
  });

  test("says once that bytes cannot be read, and never throws on garbage", () => {
    const labels = new FrameLabels();
    expect(labels.push(utf8Bytes("GET / HTTP/1.1\r\n\r\n"))).toEqual(["unreadable bytes"]);
    expect(labels.push(requests({ type: "ping" }))).toEqual([]);

    const random = new SeededRandom("frame labels");
    const sent = requests({ type: "put", ring, key, record: key, hintFor: nodeId("n4") });
    let unreadable = 0;
    for (let round = 0; round < 2_000; round++) {
      const damaged = Buffer.from(sent);
      const at = random.uint32() % damaged.length;
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (random.uint32() % 8));
      const found = new FrameLabels().push(damaged);
      if (found.some((label) => label.startsWith("unreadable"))) unreadable += 1;
    }
    expect(unreadable).toBeGreaterThan(50);
  });
});
