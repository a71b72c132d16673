import { FormatError } from "../../../src/base/binary.ts";
import { FRAME_KINDS } from "../../../src/protocol/frame-kinds.ts";
import { FrameReader } from "../../../src/protocol/framing.ts";
import {
  decodeHello,
  decodeHelloAck,
  decodeHelloReject,
  PROTOCOL_MAX,
} from "../../../src/protocol/hello.ts";
import type { Reply, Request } from "../../../src/protocol/messages.ts";
import { readReply } from "../../../src/protocol/reply-codec.ts";
import { readRequest } from "../../../src/protocol/request-codec.ts";
import { RPC_LIMITS } from "../../../src/rpc/rpc-limits.ts";

/**
 * Names the frames of one direction of one RPC connection, for a trace that people read. It reads with the store's own
 * codecs, of the newest protocol, which all nodes of a simulated cluster speak, and believes nothing: what they refuse gets a label that says so, and after a frame whose length is not
 * allowed nothing more is read, for no border after it can be trusted.
 */
export class FrameLabels {
  #labels: string[] = [];
  #lostTrack = false;
  readonly #reader = new FrameReader(RPC_LIMITS.frameBytesMax, (kind, _id, body) => {
    this.#labels.push(labelOf(kind, body));
  });

  /** The next bytes as they were sent, in order. Gives a label for each frame that they complete, mostly none or one. */
  push(bytes: Uint8Array): readonly string[] {
    if (this.#lostTrack) return NONE;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#lostTrack = true;
      this.#reader.stop();
      this.#labels.push("unreadable bytes");
    }
    const labels = this.#labels;
    this.#labels = [];
    return labels;
  }
}

const NONE: readonly string[] = [];
const KEY_CHARS_MAX = 40;
const REASON_CHARS_MAX = 60;
const REPLY_BIT = 0x80;

function labelOf(kind: number, body: Buffer): string {
  try {
    switch (kind) {
      case FRAME_KINDS.hello:
        return `hello ${decodeHello(body).nodeId}`;
      case FRAME_KINDS.helloAck:
        return `hello-ack ${decodeHelloAck(body).hello.nodeId}`;
      case FRAME_KINDS.helloReject:
        return `hello-reject: ${cut(decodeHelloReject(body), REASON_CHARS_MAX)}`;
      default:
        return kind >= REPLY_BIT
          ? replyLabel(readReply(kind, body, PROTOCOL_MAX).reply)
          : requestLabel(readRequest(kind, body, PROTOCOL_MAX).request);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return `unreadable frame of kind ${kind}`;
  }
}

function requestLabel(request: Request): string {
  switch (request.type) {
    case "get":
    case "copy":
      return `${request.type} ${keyText(request.key)}`;
    case "tree":
      return `tree ${request.paths.length} paths`;
    case "put":
      return request.hintFor === undefined
        ? `put ${keyText(request.key)}`
        : `hint ${keyText(request.key)} for ${request.hintFor}`;
    case "forward":
      return `forward ${keyText(request.key)}`;
    case "tombstone":
      return `${request.remove ? "collect" : "tombstone"} ${keyText(request.key)}`;
    case "ping":
      return "ping";
    case "life":
      return request.after === undefined ? "life" : "life goes on";
    case "gossip":
      return `gossip ${request.vector === undefined ? "digest" : "vector"}${changesText(request)}`;
  }
}

function replyLabel(reply: Reply): string {
  switch (reply.type) {
    case "get-reply":
      return reply.record === undefined ? "get-reply not found" : "get-reply";
    case "tree-reply":
      return reply.nodes === undefined
        ? "tree-reply not built"
        : `tree-reply ${reply.nodes.length} nodes`;
    case "put-reply":
    case "forward-reply":
    case "ping-reply":
      return reply.type;
    case "tombstone-reply":
      return `tombstone-reply ${reply.holding}`;
    case "life-reply":
      return reply.accepted ? "life accepted" : "life refused";
    case "gossip-reply":
      return `gossip-reply${reply.vector === undefined ? "" : " vector"}${changesText(reply)}`;
    case "error-reply":
      return `error ${reply.code}`;
  }
}

function changesText({ changes }: { readonly changes: readonly Uint8Array[] }): string {
  return changes.length === 0 ? "" : ` ${changes.length} changes`;
}

/** A key as its client wrote it, or in hexadecimal where it is no printable text. */
function keyText(key: Uint8Array): string {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength);
  const text = bytes.toString("utf8");
  const isText = !/[\p{Cc}\ufffd]/u.test(text);
  return cut(isText ? text : `0x${bytes.toString("hex")}`, KEY_CHARS_MAX);
}

function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 1).toWellFormed()}…`;
}
