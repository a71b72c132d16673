/*
 * Requests as frame bodies, canonical: one request, one form. Numbers are big endian.
 *
 *     get     = stamp key:rest
 *     copy    = stamp key:rest
 *     tree    = stamp paths                                                             (tree-codec.ts)
 *     partition-tree = stamp partition:u16 paths                                        (since protocol 5)
 *     put     = stamp length:u8 hintFor:ASCII[length] length:u16 key record:rest        (length 0: no hint)
 *     durable-put = put                                                                 (since protocol 2)
 *     forward = due stamp w:u8 budgetMs:u32 length:u16 key length:u16 context strict:u8 payload:rest        (strict: 0 or 1)
 *     tombstone = due stamp remove:u8 (0 or 1) digest:16 bytes key:rest
 *     ping    =
 *     life    = incarnation:11 ASCII life:11 ASCII after:rest          (nothing, or 11 ASCII)
 *     gossip  = (gossip-codec.ts)                                                       (since protocol 4)
 *     stamp   = epoch:u32 digest:8 bytes
 *     due     = u32                     (since protocol 3; by the reader's clock, see rpc/peer-clock.ts)
 *
 * A key is 1 to 1,024 bytes. What is as long as the rest is bounded by the frame.
 */
import { isIncarnation } from "../base/actor.ts";
import { FormatError, Reader } from "../base/binary.ts";
import type { BytesMemo } from "../base/bytes-memo.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import type { RingStamp } from "../ring/ring.ts";
import { FRAME_KINDS } from "./frame-kinds.ts";
import type { FrameWriter } from "./framing.ts";
import { readGossip, writeGossip } from "./gossip-codec.ts";
import { KEY_BYTES_MAX } from "./key-limit.ts";
import type { LifeRequest, Request } from "./messages.ts";
import { readPaths, writePaths } from "./tree-codec.ts";

const CONTEXT_BYTES_MAX = 0xffff;
const DIGEST_BYTES = 8;
const STAMP_BYTES = 4 + DIGEST_BYTES;
const RECORD_DIGEST_BYTES = 16;
const INCARNATION_BYTES = 11;

/** Peers of an earlier protocol have no write buffer: any put is as durable there as this one asks to be. */
const DURABLE_PUT_SINCE = 2;
/** Answers of an earlier protocol do not say what their sender's clock shows, so that its requests cannot say when they are too late. */
export const CLOCKS_SINCE = 3;
const DUE_BYTES = 4;
/** Peers of an earlier protocol keep no history of changes, and close a connection that brings a frame they do not know. */
const GOSSIP_SINCE = 4;
/** Peers of an earlier protocol know no trees but those that two nodes have in common. */
const PARTITION_TREE_SINCE = 5;

/** What a frame says of a request besides the request. */
export interface RequestForm {
  /** That its reader speaks. */
  readonly protocol: number;
  /** Until when it may be carried out, by the reader's clock, 32 bits; left out before protocol 3, and where late does no harm. */
  readonly due: number;
}

/**
 * Adds the request's frame. Byte strings are not copied where they are large: do not change them afterwards. Throws RangeError on
 * a request that has no frame (too large, an empty key, none in the reader's protocol) and leaves no trace of it.
 */
export function writeRequest(
  writer: FrameWriter,
  id: number,
  request: Request,
  form: RequestForm,
): void {
  try {
    const kind = kindOf(request, form.protocol);
    writer.begin(kind, id);
    if (hasDue(kind) && form.protocol >= CLOCKS_SINCE) writer.u32(form.due);
    writeParts(writer, request);
    writer.end();
  } catch (error) {
    writer.abort();
    throw error;
  }
}

function kindOf(request: Request, protocol: number): number {
  if (request.type === "gossip" && protocol < GOSSIP_SINCE) {
    throw new RangeError(
      `Cannot send gossip: the peer speaks protocol ${protocol}, gossip takes ${GOSSIP_SINCE}`,
    );
  }
  if (request.type === "tree" && request.partition !== undefined) {
    if (protocol >= PARTITION_TREE_SINCE) return FRAME_KINDS.partitionTree;
    throw new RangeError(
      `Cannot ask for the tree of a partition: the peer speaks protocol ${protocol}, that takes ${PARTITION_TREE_SINCE}`,
    );
  }
  const isDurable = request.type === "put" && request.durable === true;
  return isDurable && protocol >= DURABLE_PUT_SINCE
    ? FRAME_KINDS.durablePut
    : FRAME_KINDS[request.type];
}

function writeParts(writer: FrameWriter, request: Request): void {
  switch (request.type) {
    case "get":
    case "copy":
      writeStamp(writer, request.ring);
      checkKey(request.key);
      writer.raw(request.key);
      return;
    case "tree":
      writeStamp(writer, request.ring);
      if (request.partition !== undefined) writer.u16(request.partition);
      writePaths(writer, request.paths);
      return;
    case "put": {
      const hintFor = request.hintFor ?? "";
      writeStamp(writer, request.ring);
      writer.u8(hintFor.length);
      writer.latin1(hintFor);
      writeKey(writer, request.key);
      writer.raw(request.record);
      return;
    }
    case "forward":
      writeStamp(writer, request.ring);
      writer.u8(request.w);
      writer.u32(Math.max(0, Math.floor(request.budgetMs)));
      writeKey(writer, request.key);
      if (request.context.length > CONTEXT_BYTES_MAX) {
        throw new RangeError(
          `Cannot send a context of ${request.context.length} bytes: the limit is ${CONTEXT_BYTES_MAX}`,
        );
      }
      writer.u16(request.context.length);
      writer.raw(request.context);
      writer.u8(request.strict ? 1 : 0);
      writer.raw(request.payload);
      return;
    case "tombstone":
      writeStamp(writer, request.ring);
      writer.u8(request.remove ? 1 : 0);
      checkDigest(request.digest);
      writer.raw(request.digest);
      checkKey(request.key);
      writer.raw(request.key);
      return;
    case "ping":
      return;
    case "life":
      writer.latin1(request.incarnation);
      writer.latin1(request.life);
      writer.latin1(request.after ?? "");
      return;
    case "gossip":
      writeGossip(writer, request);
  }
}

/** What does harm where it is done late: it is done behind all that was written since. The others only read, or merge. */
function hasDue(kind: number): boolean {
  return kind === FRAME_KINDS.forward || kind === FRAME_KINDS.tombstone;
}

/** A request as its reader has it. */
export interface ReceivedRequest {
  readonly request: Request;
  /** Until when it may be carried out, by the reader's clock, 32 bits; undefined: whenever it comes. */
  readonly due: number | undefined;
}

/** Stamps read before: nearly all requests of a connection go by one ring. */
export type StampTable = BytesMemo<RingStamp>;

/**
 * Reads a request's frame of the given protocol. Byte strings of the result are views of `body`. With `stamps` its stamp takes a fraction
 * of the time, where it is known. Throws FormatError.
 */
export function readRequest(
  kind: number,
  body: Buffer,
  protocol: number,
  stamps?: StampTable,
): ReceivedRequest {
  if (!hasDue(kind) || protocol < CLOCKS_SINCE)
    return { request: readParts(kind, body, 0, stamps), due: undefined };
  if (body.length < DUE_BYTES) throw new FormatError("Cannot read a request: it has no due time");
  return { request: readParts(kind, body, DUE_BYTES, stamps), due: body.readUInt32BE(0) };
}

/** `at`: where the request begins. */
function readParts(
  kind: number,
  body: Uint8Array,
  at: number,
  stamps: StampTable | undefined,
): Request {
  switch (kind) {
    case FRAME_KINDS.get: {
      const reader = new Reader(body, "a get request", at);
      const ring = readStamp(reader, stamps);
      return { type: "get", ring, key: readKey(reader, reader.remaining) };
    }
    case FRAME_KINDS.copy: {
      const reader = new Reader(body, "a copy request", at);
      const ring = readStamp(reader, stamps);
      return { type: "copy", ring, key: readKey(reader, reader.remaining) };
    }
    case FRAME_KINDS.tree: {
      const reader = new Reader(body, "a tree request", at);
      const ring = readStamp(reader, stamps);
      return { type: "tree", ring, paths: readPaths(reader) };
    }
    case FRAME_KINDS.partitionTree: {
      const reader = new Reader(body, "a tree request", at);
      const ring = readStamp(reader, stamps);
      const partition = reader.u16();
      return { type: "tree", ring, partition, paths: readPaths(reader) };
    }
    case FRAME_KINDS.put:
    case FRAME_KINDS.durablePut: {
      const reader = new Reader(body, "a put request", at);
      const ring = readStamp(reader, stamps);
      const hintFor = readHintFor(reader);
      const key = readKey(reader, reader.u16());
      const put = {
        type: "put",
        ring,
        key,
        record: reader.raw(reader.remaining),
        hintFor,
      } as const;
      return kind === FRAME_KINDS.put ? put : { ...put, durable: true };
    }
    case FRAME_KINDS.forward: {
      const reader = new Reader(body, "a forward request", at);
      const ring = readStamp(reader, stamps);
      const w = reader.u8();
      const budgetMs = reader.u32();
      const key = readKey(reader, reader.u16());
      const context = reader.raw(reader.u16());
      const strict = reader.u8();
      if (strict > 1) return reader.fail(`strict is ${strict}, allowed are 0 and 1`);
      const payload = reader.raw(reader.remaining);
      return { type: "forward", ring, key, context, payload, w, budgetMs, strict: strict === 1 };
    }
    case FRAME_KINDS.tombstone: {
      const reader = new Reader(body, "a tombstone request", at);
      const ring = readStamp(reader, stamps);
      const remove = reader.u8();
      if (remove > 1) return reader.fail(`remove is ${remove}, allowed are 0 and 1`);
      const digest = reader.raw(RECORD_DIGEST_BYTES);
      const key = readKey(reader, reader.remaining);
      return { type: "tombstone", ring, key, digest, remove: remove === 1 };
    }
    case FRAME_KINDS.ping:
      new Reader(body, "a ping request", at).end();
      return { type: "ping" };
    case FRAME_KINDS.life:
      return readLife(new Reader(body, "a life request", at));
    case FRAME_KINDS.gossip:
      return readGossip(new Reader(body, "a gossip request", at));
    default:
      return new Reader(body, "a request", at).fail(`its kind ${kind} is unknown`);
  }
}

/** About how many bytes a request takes while it waits to be sent. */
export function requestSizeBytes(request: Request): number {
  switch (request.type) {
    case "get":
    case "tombstone":
    case "copy":
      return request.key.length;
    case "tree":
      return request.paths.reduce((sum, path) => sum + path.length, 0);
    case "put":
      return request.key.length + request.record.length;
    case "forward":
      return request.key.length + request.context.length + request.payload.length;
    case "ping":
    case "life":
      return 0;
    case "gossip":
      return request.changes.reduce((sum, change) => sum + change.length, 0);
  }
}

function checkDigest(digest: Uint8Array): void {
  if (digest.length !== RECORD_DIGEST_BYTES) {
    throw new RangeError(
      `Cannot send a record's digest of ${digest.length} bytes: it must be ${RECORD_DIGEST_BYTES}`,
    );
  }
}

function checkKey(key: Uint8Array): void {
  if (key.length < 1 || key.length > KEY_BYTES_MAX) {
    throw new RangeError(
      `Cannot send a key of ${key.length} bytes: it must be 1 to ${KEY_BYTES_MAX}`,
    );
  }
}

function writeKey(writer: FrameWriter, key: Uint8Array): void {
  checkKey(key);
  writer.u16(key.length);
  writer.raw(key);
}

function readKey(reader: Reader, sizeBytes: number): Uint8Array {
  if (sizeBytes < 1 || sizeBytes > KEY_BYTES_MAX) {
    return reader.fail(`its key has ${sizeBytes} bytes, allowed are 1 to ${KEY_BYTES_MAX}`);
  }
  return reader.raw(sizeBytes);
}

function readLife(reader: Reader): LifeRequest {
  const incarnation = readIncarnation(reader);
  const life = readIncarnation(reader);
  const after = reader.remaining === 0 ? undefined : readIncarnation(reader);
  reader.end();
  return { type: "life", incarnation, life, after };
}

function readIncarnation(reader: Reader): string {
  const bytes = reader.raw(INCARNATION_BYTES);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  return isIncarnation(text) ? text : reader.fail("a life or an incarnation is malformed");
}

function readHintFor(reader: Reader): NodeId | undefined {
  const text = reader.ascii(64);
  return text === "" ? undefined : readNodeId(reader, text);
}

export function readNodeId(reader: Reader, text: string): NodeId {
  try {
    return nodeId(text);
  } catch (error) {
    if (error instanceof RangeError) return reader.fail(error.message);
    throw error;
  }
}

function writeStamp(writer: FrameWriter, stamp: RingStamp): void {
  writer.u32(stamp.epoch);
  if (stamp.digest.length !== 2 * DIGEST_BYTES) {
    throw new RangeError(
      `Cannot send the ring digest ${stamp.digest}: it must be 16 hex characters`,
    );
  }
  writer.hex(stamp.digest);
}

export function readStamp(reader: Reader, stamps?: StampTable): RingStamp {
  return (stamps && reader.known(stamps, STAMP_BYTES)) ?? newStamp(reader, stamps);
}

function newStamp(reader: Reader, stamps: StampTable | undefined): RingStamp {
  const bytes = reader.raw(STAMP_BYTES);
  const parts = new Reader(bytes, "a stamp");
  const stamp = { epoch: parts.u32(), digest: parts.hex(DIGEST_BYTES) };
  stamps?.remember(bytes, stamp);
  return stamp;
}
