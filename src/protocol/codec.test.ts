/* Requests, replies and hellos through their frames, and everything that is no frame. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError } from "../base/binary.ts";
import { nodeId } from "../base/ids.ts";
import { FRAME_KINDS } from "./frame-kinds.ts";
import { FrameReader, FrameWriter } from "./framing.ts";
import { countOfPage } from "./gossip-codec.ts";
import type { HelloIdentity } from "./hello.ts";
import {
  checkHello,
  decodeHello,
  decodeHelloAck,
  decodeHelloReject,
  encodeHello,
  encodeHelloAck,
  encodeHelloReject,
  makeHello,
} from "./hello.ts";
import type { Reply, Request } from "./messages.ts";
import { readReply, writeReply } from "./reply-codec.ts";
import type { RequestForm } from "./request-codec.ts";
import { readRequest, writeRequest } from "./request-codec.ts";
import { anyReply, anyRequest, plainMessage } from "./testing/message-arbitraries.ts";

const FRAME_BYTES_MAX = 200_000;
/** A body is the request alone. */
const BEFORE_CLOCKS = { protocol: 2, due: 0, clock: 0 };
/** What peers of every protocol may be sent. */
const anyOldRequest = anyRequest.filter(({ type }) => type !== "gossip");

const FORWARD = {
  ring: { epoch: 1, digest: "0123456789abcdef" },
  key: Buffer.from("k"),
  context: Buffer.from("k"),
  payload: Buffer.from("rr"),
  w: 2,
  budgetMs: 500.9,
  strict: true,
};

interface Frame {
  readonly kind: number;
  readonly id: number;
  readonly body: Buffer;
}

function frameOf(write: (writer: FrameWriter) => void): { frame: Frame; bytes: Buffer } {
  const writer = new FrameWriter(FRAME_BYTES_MAX);
  write(writer);
  const bytes = Buffer.concat(writer.take());
  const frames: Frame[] = [];
  new FrameReader(FRAME_BYTES_MAX, (kind, id, body) => frames.push({ kind, id, body })).push(bytes);
  const [frame] = frames;
  if (frame === undefined || frames.length !== 1) throw new Error(`Cannot read one frame`);
  return { frame, bytes };
}

const identity: HelloIdentity = {
  clusterId: "c",
  clusterSecret: "s",
  nodeId: nodeId("a"),
  incarnation: "AAAAAAAAAAA",
  ringStamp: () => ({ epoch: 7, digest: "00000000000000ff" }),
};

describe("request and reply codecs", () => {
  test("bring back every message", () => {
    fc.assert(
      fc.property(anyOldRequest, fc.nat({ max: 0xffff_ffff }), (request, id) => {
        const { frame } = frameOf((writer) => writeRequest(writer, id, request, BEFORE_CLOCKS));
        expect(frame.id).toBe(id);
        expect(plainMessage(readRequest(frame.kind, frame.body, 2).request)).toEqual(
          plainMessage(request),
        );
      }),
    );
    fc.assert(
      fc.property(anyReply, (reply) => {
        const { frame } = frameOf((writer) => writeReply(writer, 1, reply, BEFORE_CLOCKS));
        expect(plainMessage(readReply(frame.kind, frame.body, 2).reply)).toEqual(
          plainMessage(reply),
        );
      }),
    );
  });

  test("give the bytes of the format's comment", () => {
    const ring = { epoch: 1, digest: "0123456789abcdef" };
    const key = Buffer.from("k");
    const record = Buffer.from("rr");
    const hex = (request: Request) =>
      frameOf((writer) => writeRequest(writer, 2, request, BEFORE_CLOCKS)).bytes.toString("hex");
    const stamp = "000000010123456789abcdef";
    expect(hex({ type: "ping" })).toBe("000000051300000002");
    expect(hex({ type: "get", ring, key })).toBe(`000000121000000002${stamp}6b`);
    expect(hex({ type: "put", ring, key, record, hintFor: nodeId("n") })).toBe(
      `000000181100000002${stamp}016e00016b7272`,
    );
    const put = { type: "put", ring, key, record, hintFor: undefined, durable: true } as const;
    expect(hex(put)).toBe(`000000171700000002${stamp}0000016b7272`);
    const before = frameOf((writer) =>
      writeRequest(writer, 2, put, { protocol: 1, due: 0 }),
    ).bytes.toString("hex");
    expect(before).toBe(`000000171100000002${stamp}0000016b7272`);
    expect(hex({ type: "forward", ...FORWARD })).toBe(
      `0000001f1200000002${stamp}02000001f400016b00016b017272`,
    );
    expect(hex({ type: "copy", ring, key })).toBe(`000000121500000002${stamp}6b`);
    const paths = [Uint8Array.of(), Uint8Array.of(1, 2, 15)];
    expect(hex({ type: "tree", ring, paths })).toBe(`000000161400000002${stamp}02000312f0`);
    const nodes: Reply = {
      type: "tree-reply",
      nodes: [
        { kind: "leaves", leaves: [{ key, digest: "d".repeat(16) }] },
        { kind: "children", hashes: Buffer.concat([Buffer.alloc(240), Buffer.alloc(16, 7)]) },
      ],
    };
    expect(
      frameOf((writer) => writeReply(writer, 2, nodes, BEFORE_CLOCKS)).bytes.toString("hex"),
    ).toBe(`0000002f9400000002010100010001${"6b"}${"64".repeat(16)}008000${"07".repeat(16)}`);
    const reply: Reply = { type: "get-reply", record: undefined };
    expect(
      frameOf((writer) => writeReply(writer, 2, reply, BEFORE_CLOCKS)).bytes.toString("hex"),
    ).toBe("00000006900000000200");
  });

  test("read garbage as FormatError, and what they accept is canonical", () => {
    const kinds = fc.oneof(
      fc.nat({ max: 255 }),
      fc.constantFrom(0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a),
    );
    fc.assert(
      fc.property(kinds, fc.uint8Array({ maxLength: 60 }), (kind, body) => {
        expectCanonicalOrFormatError(kind, body);
        expectCanonicalOrFormatError(kind | 0x80, body);
      }),
      { numRuns: 2_000 },
    );
  });

  test("since protocol 3 bring the due time of what must not come late, and the clock of every reply", () => {
    fc.assert(
      fc.property(anyOldRequest, fc.nat({ max: 0xffff_ffff }), (request, due) => {
        const form = { protocol: 3, due };
        const { frame } = frameOf((writer) => writeRequest(writer, 1, request, form));
        const read = readRequest(frame.kind, frame.body, 3);
        const isTimed = request.type === "forward" || request.type === "tombstone";
        expect(read.due).toBe(isTimed ? due : undefined);
        expect(plainMessage(read.request)).toEqual(plainMessage(request));
      }),
    );
    fc.assert(
      fc.property(anyReply, fc.nat({ max: 0xffff_ffff }), (reply, clock) => {
        const form = { protocol: 3, clock };
        const { frame } = frameOf((writer) => writeReply(writer, 1, reply, form));
        expect(frame.body.readUInt32BE(0)).toBe(clock);
        const read = readReply(frame.kind, frame.body, 3);
        expect(read.clock).toBe(clock);
        expect(plainMessage(read.reply)).toEqual(plainMessage(reply));
      }),
    );
    const forward = frameOf((writer) => {
      writeRequest(writer, 1, { type: "forward", ...FORWARD }, { protocol: 3, due: 0x89abcdef });
    }).frame;
    expect(forward.body.toString("hex", 0, 8)).toBe("89abcdef00000001");
    for (const size of [0, 1, 2, 3]) {
      expect(() => readRequest(0x12, Buffer.alloc(size), 3)).toThrow(FormatError);
      expect(() => readReply(0x93, Buffer.alloc(size), 3)).toThrow(FormatError);
    }
  });

  test("since protocol 5 ask for the tree of a partition, and write no such request for peers before", () => {
    const ring = { epoch: 1, digest: "0123456789abcdef" };
    const paths = [Uint8Array.of(1, 2, 15)];
    const request: Request = { type: "tree", ring, partition: 0x0102, paths };
    const form = { protocol: 5, due: 0 };
    const { frame, bytes } = frameOf((writer) => writeRequest(writer, 2, request, form));
    expect(bytes.toString("hex")).toBe(
      `000000171a00000002${"000000010123456789abcdef"}01020103${"12f0"}`,
    );
    expect(plainMessage(readRequest(frame.kind, frame.body, 5).request)).toEqual(
      plainMessage(request),
    );
    const writer = new FrameWriter(1_000);
    expect(() => writeRequest(writer, 2, request, { protocol: 4, due: 0 })).toThrow(
      "the peer speaks protocol 4, that takes 5",
    );
    expect(writer.sizeBytes).toBe(0);
  });

  test("since protocol 4 bring gossip, and write none for peers before", () => {
    const gossips = anyRequest.filter(({ type }) => type === "gossip");
    fc.assert(
      fc.property(gossips, (request) => {
        const form = { protocol: 4, due: 0 };
        const { frame } = frameOf((writer) => writeRequest(writer, 1, request, form));
        const read = readRequest(frame.kind, frame.body, 4);
        expect(read.due).toBeUndefined();
        expect(plainMessage(read.request)).toEqual(plainMessage(request));
      }),
    );
    const gossip: Request = {
      type: "gossip",
      digest: Buffer.alloc(16, 0xdd),
      vector: new Map([
        ["b/x", 300],
        ["a/y", 1],
      ]),
      changes: [Buffer.from("cc"), Buffer.from("d")],
    };
    const body = `${"dd".repeat(16)}0102${"03612f7901"}${"03622f78ac02"}026363${"0164"}`;
    const { bytes } = frameOf((writer) => writeRequest(writer, 2, gossip, { protocol: 4, due: 0 }));
    expect(bytes.toString("hex")).toBe(`000000271900000002${body}`);
    for (const protocol of [1, 2, 3]) {
      const writer = new FrameWriter(FRAME_BYTES_MAX);
      expect(() => writeRequest(writer, 1, gossip, { protocol, due: 0 })).toThrow(RangeError);
      expect(writer.sizeBytes).toBe(0);
    }
  });

  test("a page of changes ends before 64 KiB, and a message takes no more", () => {
    const changes = Array.from({ length: 100 }, () => Buffer.alloc(1_000));
    const page = changes.slice(0, countOfPage(changes));
    expect(page).toHaveLength(65);
    const gossip = (sent: readonly Uint8Array[]) => (writer: FrameWriter) =>
      writeReply(
        writer,
        1,
        { type: "gossip-reply", vector: undefined, changes: sent },
        BEFORE_CLOCKS,
      );
    expect(frameOf(gossip(page)).bytes.length).toBeLessThan(64 * 1_024 + 20);
    expect(() => frameOf(gossip(changes))).toThrow(RangeError);
    expect(() => frameOf(gossip([Buffer.alloc(2_049)]))).toThrow(RangeError);
    const large = Buffer.concat([Buffer.from("00", "hex"), Buffer.alloc(64 * 1_024 + 1)]);
    expect(() => readReply(FRAME_KINDS.gossipReply, large, 2)).toThrow(FormatError);
  });

  test("refuse every truncation that is not itself a message", () => {
    fc.assert(
      fc.property(anyRequest, fc.nat(), (request, cut) => {
        const form = formOf(request.type === "gossip");
        const { frame } = frameOf((writer) => writeRequest(writer, 1, request, form));
        const body = frame.body.subarray(0, cut % Math.max(1, frame.body.length));
        expectCanonicalOrFormatError(frame.kind, body);
      }),
    );
  });

  test("refuse what cannot be sent, and leave no trace of it between other frames", () => {
    const writer = new FrameWriter(FRAME_BYTES_MAX);
    const ring = { epoch: 1, digest: "0123456789abcdef" };
    const key = Buffer.from("k");
    const bad: Request[] = [
      { type: "get", ring, key: Buffer.alloc(0) },
      { type: "get", ring, key: Buffer.alloc(1_025) },
      { type: "get", ring: { epoch: 1, digest: "xy" }, key },
      { type: "get", ring: { epoch: 1, digest: "zz23456789abcdef" }, key },
      { type: "get", ring: { epoch: -1, digest: "0123456789abcdef" }, key },
      { type: "put", ring, key, record: Buffer.alloc(FRAME_BYTES_MAX), hintFor: undefined },
      {
        type: "forward",
        ring,
        key,
        context: Buffer.alloc(70_000),
        payload: key,
        w: 1,
        budgetMs: 1,
        strict: false,
      },
    ];
    for (const [index, request] of bad.entries()) {
      const sent = { type: "put", ring, key, record: Buffer.alloc(9_000) } as const;
      writeRequest(writer, index, { ...sent, hintFor: undefined }, BEFORE_CLOCKS);
      expect(() => writeRequest(writer, 99, request, BEFORE_CLOCKS)).toThrow(RangeError);
    }
    const ids: number[] = [];
    const reader = new FrameReader(FRAME_BYTES_MAX, (kind, id, body) => {
      readRequest(kind, body, 2);
      ids.push(id);
    });
    for (const chunk of writer.take()) reader.push(chunk);
    expect(ids).toEqual(bad.map((_, index) => index));
    expect(reader.midFrame).toBe(false);
  });

  test("a long error message is cut to well-formed text", () => {
    const message = `${"ä".repeat(600)}\ud800`;
    const { frame } = frameOf((writer) =>
      writeReply(writer, 1, { type: "error-reply", code: "storage", message }, BEFORE_CLOCKS),
    );
    expect(readReply(frame.kind, frame.body, 2).reply).toMatchObject({ message: "ä".repeat(512) });
  });
});

describe("checkHello()", () => {
  test("accepts its own kind and brings back what was sent", () => {
    const hello = makeHello(identity);
    const received = decodeHello(encodeHello(hello));
    expect(checkHello(received, { ...identity, nodeId: nodeId("b") })).toEqual({ protocol: 5 });
    expect({ ...received, proof: [...received.proof] }).toEqual({
      ...hello,
      proof: [...hello.proof],
    });
  });

  test("an ack proves itself against the hello it answers, and a hello is no ack", () => {
    const hello = makeHello(identity);
    const other = makeHello({ ...identity, incarnation: "BBBBBBBBBBB" });
    const ack = makeHello(identity, hello);
    expect(checkHello(ack, identity, { answered: hello })).toEqual({ protocol: 5 });
    expect(checkHello(ack, identity, { answered: other })).toHaveProperty("reason");
    expect(checkHello(hello, identity, { answered: hello })).toHaveProperty("reason");
    expect(checkHello(ack, identity)).toHaveProperty("reason");
  });

  test("an ack brings the answerer's clock since protocol 3", () => {
    const ack = makeHello(identity, makeHello(identity));
    const again = (protocol: number) =>
      decodeHelloAck(encodeHelloAck({ protocol, clock: 0x89abcdef, hello: ack })).clock;
    expect([2, 3].map(again)).toEqual([0, 0x89abcdef]);
  });

  test("refuses every changed field under a secret", () => {
    const hello = makeHello(identity);
    const changes = { incarnation: "BBBBBBBBBBB", nodeId: nodeId("z"), protocolMax: 9 };
    for (const [name, value] of Object.entries(changes)) {
      expect(checkHello({ ...hello, [name]: value }, identity), name).toHaveProperty("reason");
    }
  });

  test("names the protocols where none is common", () => {
    const open = { ...identity, clusterSecret: undefined };
    const hello = { ...makeHello(open), protocolMin: 6, protocolMax: 7 };
    expect(checkHello(hello, open)).toEqual({
      reason:
        "Cannot connect node a to node a of cluster c: it speaks protocols 6 to 7, this node 1 to 5",
    });
  });

  test("hellos, acks and rejects are read from garbage and truncations as FormatError", () => {
    const whole = encodeHello(makeHello(identity));
    const tries = [
      ...Array.from({ length: whole.length }, (_, cut) => whole.subarray(0, cut)),
      Buffer.concat([whole, Buffer.alloc(1)]),
    ];
    for (const bytes of tries) expect(() => decodeHello(bytes)).toThrow(FormatError);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        for (const decode of [decodeHello, decodeHelloAck, decodeHelloReject]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        }
      }),
    );
    expect(decodeHelloReject(encodeHelloReject("x".repeat(900)))).toBe("x".repeat(500));
  });
});

/** Of a request without a due time, which has the same body in all protocols that have it. */
function formOf(isNew: boolean): RequestForm {
  return isNew ? { protocol: 5, due: 0 } : BEFORE_CLOCKS;
}

function expectCanonicalOrFormatError(kind: number, bytes: Uint8Array): void {
  const body = Buffer.from(bytes);
  let again: Frame;
  try {
    again =
      kind < 0x80
        ? frameOf((writer) =>
            writeRequest(
              writer,
              1,
              readRequest(kind, body, 2).request,
              formOf(kind === FRAME_KINDS.gossip || kind === FRAME_KINDS.partitionTree),
            ),
          ).frame
        : frameOf((writer) => writeReply(writer, 1, readReply(kind, body, 2).reply, BEFORE_CLOCKS))
            .frame;
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return;
  }
  expect(again.kind).toBe(kind);
  expect(Buffer.compare(again.body, body)).toBe(0);
}
