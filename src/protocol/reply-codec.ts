/*
 * Replies as frame bodies, canonical: one reply, one form.
 *
 *     body          = clock:u32 reply    (clock: since protocol 3; what the sender's monotonic clock shows, see rpc/peer-clock.ts)
 *
 *     get-reply     = found:u8 (0 or 1) record:rest              (found 0: nothing follows)
 *     tree-reply    = built:u8 (0 or 1) nodes                    (built 0: nothing follows; tree-codec.ts)
 *     put-reply     =
 *     forward-reply = record:rest
 *     tombstone-reply = holding:u8 (0 none, 1 the same, 2 other)
 *     ping-reply    =
 *     life-reply    = accepted:u8 (0 or 1)
 *     gossip-reply  = (gossip-codec.ts)
 *     error-reply   = length:u8 code:ASCII[length] message:UTF-8 with a varint length
 *
 * A message is at most 1,024 bytes; a longer one is cut.
 */
import { FormatError, Reader, Writer } from "../base/binary.ts";
import type { ErrorCode } from "./errors.ts";
import { ERRORS } from "./errors.ts";
import { FRAME_KINDS } from "./frame-kinds.ts";
import type { FrameWriter } from "./framing.ts";
import { readGossipReply, writeGossipReply } from "./gossip-codec.ts";
import type { ErrorReply, Holding, Reply } from "./messages.ts";
import { CLOCKS_SINCE } from "./request-codec.ts";
import { readNodes, writeNodes } from "./tree-codec.ts";

/** By their codes. */
const HOLDINGS: readonly Holding[] = ["none", "same", "other"];
const MESSAGE_BYTES_MAX = 1_024;
const CLOCK_BYTES = 4;
const KINDS = {
  "get-reply": FRAME_KINDS.getReply,
  "tree-reply": FRAME_KINDS.treeReply,
  "put-reply": FRAME_KINDS.putReply,
  "forward-reply": FRAME_KINDS.forwardReply,
  "tombstone-reply": FRAME_KINDS.tombstoneReply,
  "ping-reply": FRAME_KINDS.pingReply,
  "life-reply": FRAME_KINDS.lifeReply,
  "gossip-reply": FRAME_KINDS.gossipReply,
  "error-reply": FRAME_KINDS.errorReply,
} as const satisfies Record<Reply["type"], number>;

/** What a frame says besides the reply. */
export interface ReplyForm {
  /** That its reader speaks. */
  readonly protocol: number;
  /** What the monotonic clock shows, 32 bits; left out before protocol 3. */
  readonly clock: number;
}

/** A reply as its reader has it. */
export interface ReceivedReply {
  readonly reply: Reply;
  /** What its sender's monotonic clock showed, 32 bits; undefined before protocol 3. */
  readonly clock: number | undefined;
}

/**
 * Adds the reply's frame. A large record is not copied: do not change it afterwards. Throws RangeError on a reply too large for a frame
 * and leaves no trace of it.
 */
export function writeReply(writer: FrameWriter, id: number, reply: Reply, form: ReplyForm): void {
  try {
    writer.begin(KINDS[reply.type], id);
    if (form.protocol >= CLOCKS_SINCE) writer.u32(form.clock);
    writeParts(writer, reply);
    writer.end();
  } catch (error) {
    writer.abort();
    throw error;
  }
}

function writeParts(writer: FrameWriter, reply: Reply): void {
  switch (reply.type) {
    case "get-reply":
      writer.u8(reply.record === undefined ? 0 : 1);
      if (reply.record !== undefined) writer.raw(reply.record);
      return;
    case "tree-reply":
      writer.u8(reply.nodes === undefined ? 0 : 1);
      if (reply.nodes !== undefined) writeNodes(writer, reply.nodes);
      return;
    case "put-reply":
      return;
    case "forward-reply":
      writer.raw(reply.record);
      return;
    case "tombstone-reply":
      writer.u8(HOLDINGS.indexOf(reply.holding));
      return;
    case "ping-reply":
      return;
    case "life-reply":
      writer.u8(reply.accepted ? 1 : 0);
      return;
    case "gossip-reply":
      writeGossipReply(writer, reply);
      return;
    case "error-reply":
      writer.raw(errorBody(reply));
  }
}

/** Reads a reply's frame of the given protocol. A record in the result is a view of `body`. Throws FormatError. */
export function readReply(kind: number, body: Buffer, protocol: number): ReceivedReply {
  if (protocol < CLOCKS_SINCE) return { reply: readParts(kind, body, 0), clock: undefined };
  if (body.length < CLOCK_BYTES) throw new FormatError("Cannot read a reply: it has no clock");
  return { reply: readParts(kind, body, CLOCK_BYTES), clock: body.readUInt32BE(0) };
}

/** `at`: where the reply begins. */
function readParts(kind: number, body: Uint8Array, at: number): Reply {
  switch (kind) {
    case FRAME_KINDS.getReply: {
      const reader = new Reader(body, "a get reply", at);
      const found = reader.u8();
      if (found > 1) return reader.fail(`found is ${found}, allowed are 0 and 1`);
      if (found === 1) return { type: "get-reply", record: reader.raw(reader.remaining) };
      reader.end();
      return { type: "get-reply", record: undefined };
    }
    case FRAME_KINDS.treeReply: {
      const reader = new Reader(body, "a tree reply", at);
      const built = reader.u8();
      if (built > 1) return reader.fail(`built is ${built}, allowed are 0 and 1`);
      if (built === 1) return { type: "tree-reply", nodes: readNodes(reader) };
      reader.end();
      return { type: "tree-reply", nodes: undefined };
    }
    case FRAME_KINDS.putReply:
      new Reader(body, "a put reply", at).end();
      return PUT_REPLY;
    case FRAME_KINDS.forwardReply: {
      const reader = new Reader(body, "a forward reply", at);
      return { type: "forward-reply", record: reader.raw(reader.remaining) };
    }
    case FRAME_KINDS.tombstoneReply: {
      const reader = new Reader(body, "a tombstone reply", at);
      const code = reader.u8();
      const holding = HOLDINGS[code];
      if (holding === undefined) return reader.fail(`holding is ${code}, allowed are 0, 1 and 2`);
      reader.end();
      return { type: "tombstone-reply", holding };
    }
    case FRAME_KINDS.pingReply:
      new Reader(body, "a ping reply", at).end();
      return { type: "ping-reply" };
    case FRAME_KINDS.lifeReply: {
      const reader = new Reader(body, "a life reply", at);
      const accepted = reader.u8();
      if (accepted > 1) return reader.fail(`accepted is ${accepted}, allowed are 0 and 1`);
      reader.end();
      return { type: "life-reply", accepted: accepted === 1 };
    }
    case FRAME_KINDS.gossipReply:
      return readGossipReply(new Reader(body, "a gossip reply", at));
    case FRAME_KINDS.errorReply:
      return readError(new Reader(body, "an error reply", at));
    default:
      return new Reader(body, "a reply", at).fail(`its kind ${kind} is unknown`);
  }
}

const PUT_REPLY: Reply = { type: "put-reply" };

function errorBody(reply: ErrorReply): Uint8Array {
  const writer = new Writer();
  writer.ascii(reply.code);
  writer.utf8(cutMessage(reply.message));
  return writer.finish();
}

function readError(reader: Reader): ErrorReply {
  const code = reader.ascii();
  if (!Object.hasOwn(ERRORS, code)) return reader.fail(`its code ${code} is unknown`);
  const message = reader.utf8(MESSAGE_BYTES_MAX);
  reader.end();
  return { type: "error-reply", code: code as ErrorCode, message };
}

/** At most MESSAGE_BYTES_MAX bytes of well-formed UTF-8. */
function cutMessage(message: string): string {
  const text = message.toWellFormed();
  if (Buffer.byteLength(text, "utf8") <= MESSAGE_BYTES_MAX) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MESSAGE_BYTES_MAX));
  return text.slice(0, read);
}
