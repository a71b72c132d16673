/*
 * Replies as frame bodies, canonical: one reply, one form.
 *
 *     get-reply     = found:u8 (0 or 1) record:rest              (found 0: nothing follows)
 *     tree-reply    = built:u8 (0 or 1) nodes                    (built 0: nothing follows; tree-codec.ts)
 *     put-reply     =
 *     forward-reply = record:rest
 *     tombstone-reply = holding:u8 (0 none, 1 the same, 2 other)
 *     ping-reply    =
 *     life-reply    = accepted:u8 (0 or 1)
 *     error-reply   = length:u8 code:ASCII[length] message:UTF-8 with a varint length
 *
 * A message is at most 1,024 bytes; a longer one is cut.
 */
import { Reader, Writer } from "../base/binary.ts";
import type { ErrorCode } from "./errors.ts";
import { ERRORS } from "./errors.ts";
import { FRAME_KINDS } from "./frame-kinds.ts";
import type { FrameWriter } from "./framing.ts";
import type { ErrorReply, Holding, Reply } from "./messages.ts";
import { readNodes, writeNodes } from "./tree-codec.ts";

/** By their codes. */
const HOLDINGS: readonly Holding[] = ["none", "same", "other"];
const MESSAGE_BYTES_MAX = 1_024;

/**
 * Adds the reply's frame. A large record is not copied: do not change it afterwards. Throws RangeError on a reply too large for a frame
 * and leaves no trace of it.
 */
export function writeReply(writer: FrameWriter, id: number, reply: Reply): void {
  try {
    writeParts(writer, id, reply);
    writer.end();
  } catch (error) {
    writer.abort();
    throw error;
  }
}

function writeParts(writer: FrameWriter, id: number, reply: Reply): void {
  switch (reply.type) {
    case "get-reply":
      writer.begin(FRAME_KINDS.getReply, id);
      writer.u8(reply.record === undefined ? 0 : 1);
      if (reply.record !== undefined) writer.raw(reply.record);
      return;
    case "tree-reply":
      writer.begin(FRAME_KINDS.treeReply, id);
      writer.u8(reply.nodes === undefined ? 0 : 1);
      if (reply.nodes !== undefined) writeNodes(writer, reply.nodes);
      return;
    case "put-reply":
      writer.begin(FRAME_KINDS.putReply, id);
      return;
    case "forward-reply":
      writer.begin(FRAME_KINDS.forwardReply, id);
      writer.raw(reply.record);
      return;
    case "tombstone-reply":
      writer.begin(FRAME_KINDS.tombstoneReply, id);
      writer.u8(HOLDINGS.indexOf(reply.holding));
      return;
    case "ping-reply":
      writer.begin(FRAME_KINDS.pingReply, id);
      return;
    case "life-reply":
      writer.begin(FRAME_KINDS.lifeReply, id);
      writer.u8(reply.accepted ? 1 : 0);
      return;
    case "error-reply":
      writer.begin(FRAME_KINDS.errorReply, id);
      writer.raw(errorBody(reply));
  }
}

/** Reads a reply's frame. A record in the result is a view of `body`. Throws FormatError. */
export function readReply(kind: number, body: Uint8Array): Reply {
  switch (kind) {
    case FRAME_KINDS.getReply: {
      const reader = new Reader(body, "a get reply");
      const found = reader.u8();
      if (found > 1) return reader.fail(`found is ${found}, allowed are 0 and 1`);
      if (found === 1) return { type: "get-reply", record: reader.raw(reader.remaining) };
      reader.end();
      return { type: "get-reply", record: undefined };
    }
    case FRAME_KINDS.treeReply: {
      const reader = new Reader(body, "a tree reply");
      const built = reader.u8();
      if (built > 1) return reader.fail(`built is ${built}, allowed are 0 and 1`);
      if (built === 1) return { type: "tree-reply", nodes: readNodes(reader) };
      reader.end();
      return { type: "tree-reply", nodes: undefined };
    }
    case FRAME_KINDS.putReply:
      new Reader(body, "a put reply").end();
      return PUT_REPLY;
    case FRAME_KINDS.forwardReply: {
      const reader = new Reader(body, "a forward reply");
      return { type: "forward-reply", record: reader.raw(reader.remaining) };
    }
    case FRAME_KINDS.tombstoneReply: {
      const reader = new Reader(body, "a tombstone reply");
      const code = reader.u8();
      const holding = HOLDINGS[code];
      if (holding === undefined) return reader.fail(`holding is ${code}, allowed are 0, 1 and 2`);
      reader.end();
      return { type: "tombstone-reply", holding };
    }
    case FRAME_KINDS.pingReply:
      new Reader(body, "a ping reply").end();
      return { type: "ping-reply" };
    case FRAME_KINDS.lifeReply: {
      const reader = new Reader(body, "a life reply");
      const accepted = reader.u8();
      if (accepted > 1) return reader.fail(`accepted is ${accepted}, allowed are 0 and 1`);
      reader.end();
      return { type: "life-reply", accepted: accepted === 1 };
    }
    case FRAME_KINDS.errorReply:
      return readError(body);
    default:
      return new Reader(body, "a reply").fail(`its kind ${kind} is unknown`);
  }
}

const PUT_REPLY: Reply = { type: "put-reply" };

function errorBody(reply: ErrorReply): Uint8Array {
  const writer = new Writer();
  writer.ascii(reply.code);
  writer.utf8(cutMessage(reply.message));
  return writer.finish();
}

function readError(body: Uint8Array): ErrorReply {
  const reader = new Reader(body, "an error reply");
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
