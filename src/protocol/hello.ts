/*
 * The first frame in each direction: who is there, and whether the two may talk.
 *
 *     hello        = "RSRP" format:u8 (1) protocolMin:u8 protocolMax:u8 clusterId:utf8 nodeId:ascii incarnation:ascii
 *                    epoch:u32 digest:8 bytes proof:bytes       (0 or 32 bytes)
 *     hello-ack    = protocol:u8 clock:u32 hello                 (clock: since protocol 3; the last 32 bits of the answerer's monotonic milliseconds)
 *     hello-reject = reason:utf8
 *
 * The proof is an HMAC-SHA-256 under the cluster secret of all that stands before it in the hello, with the direction, and in an ack with the
 * proof it answers. It keeps strangers and misconfigured nodes out. It does not stop one who can read and change the traffic: the links are not
 * encrypted, and a cluster belongs on a network of its own.
 */
import { Reader, Writer } from "../base/binary.ts";
import { utf8Bytes } from "../base/bytes.ts";
import { equalInConstantTime, hmacSha256 } from "../base/hash.ts";
import type { NodeId } from "../base/ids.ts";
import type { RingStamp } from "../ring/ring.ts";
import type { Hello } from "./messages.ts";
import { CLOCKS_SINCE, readNodeId, readStamp } from "./request-codec.ts";

/** Versions of the frames of request-codec.ts and reply-codec.ts that this build speaks. */
const PROTOCOL_MIN = 1;
export const PROTOCOL_MAX = 5;

/** A hello, an ack or a reject is no larger; until they are exchanged no larger frame is read. */
export const HELLO_FRAME_BYTES_MAX = 2_048;

/** What a node says of itself on every connection. */
export interface HelloIdentity {
  readonly clusterId: string;
  /** Undefined or empty: no proof is sent and none is asked for. */
  readonly clusterSecret: string | undefined;
  readonly nodeId: NodeId;
  /** Under which it mints, or hopes to; asked anew for each hello. */
  readonly incarnation: string;
  /** Asked anew for each hello. */
  ringStamp(): RingStamp;
}

/** `answered`: the hello that an ack answers. */
export function makeHello(identity: HelloIdentity, answered?: Hello): Hello {
  const unproven: Hello = {
    protocolMin: PROTOCOL_MIN,
    protocolMax: PROTOCOL_MAX,
    clusterId: identity.clusterId,
    nodeId: identity.nodeId,
    incarnation: identity.incarnation,
    ring: identity.ringStamp(),
    proof: NO_PROOF,
  };
  return { ...unproven, proof: proofOf(unproven, identity.clusterSecret, answered) };
}

/** How the check of a peer's hello ended: the protocol both speak, or why they do not talk. */
export type HelloVerdict = { readonly protocol: number } | { readonly reason: string };

/**
 * `answered`: our own hello, where `received` came in an ack. `expected`: the node that was dialled, for a route may lead
 * to another one.
 */
export function checkHello(
  received: Hello,
  identity: HelloIdentity,
  { answered, expected }: { answered?: Hello; expected?: NodeId } = {},
): HelloVerdict {
  const own = `node ${identity.nodeId} of cluster ${identity.clusterId}`;
  const refuse = (reason: string): HelloVerdict => ({
    reason: `Cannot connect node ${received.nodeId} to ${own}: ${reason}`,
  });
  if (received.clusterId !== identity.clusterId) {
    return refuse(`it belongs to cluster ${received.clusterId}`);
  }
  const proof = proofOf(received, identity.clusterSecret, answered);
  if (!equalInConstantTime(proof, received.proof)) {
    return refuse("its proof does not fit the cluster secret");
  }
  const protocol = Math.min(received.protocolMax, PROTOCOL_MAX);
  if (protocol < Math.max(received.protocolMin, PROTOCOL_MIN)) {
    return refuse(
      `it speaks protocols ${received.protocolMin} to ${received.protocolMax}, this node ${PROTOCOL_MIN} to ${PROTOCOL_MAX}`,
    );
  }
  if (expected !== undefined && received.nodeId !== expected) {
    return refuse(`node ${expected} was dialled`);
  }
  return { protocol };
}

export function encodeHello(hello: Hello): Uint8Array {
  const writer = new Writer();
  writeUnproven(writer, hello);
  writer.bytes(hello.proof);
  return writer.finish();
}

/** Throws FormatError. */
export function decodeHello(bytes: Uint8Array): Hello {
  const reader = new Reader(bytes, "a hello");
  const hello = readHello(reader);
  reader.end();
  return hello;
}

export interface HelloAck {
  readonly protocol: number;
  /** What the answerer's clock said, as 32 bits; of no use before protocol 3, where nothing has a due time. */
  readonly clock: number;
  readonly hello: Hello;
}

export function encodeHelloAck({ protocol, clock, hello }: HelloAck): Uint8Array {
  const writer = new Writer();
  writer.u8(protocol);
  if (protocol >= CLOCKS_SINCE) writer.u32(clock);
  writer.raw(encodeHello(hello));
  return writer.finish();
}

/** Throws FormatError. */
export function decodeHelloAck(bytes: Uint8Array): HelloAck {
  const reader = new Reader(bytes, "a hello-ack");
  const protocol = reader.u8();
  const clock = protocol >= CLOCKS_SINCE ? reader.u32() : 0;
  const hello = readHello(reader);
  reader.end();
  if (protocol < PROTOCOL_MIN || protocol > PROTOCOL_MAX) {
    return reader.fail(`it chose protocol ${protocol}, which was not offered`);
  }
  return { protocol, clock, hello };
}

export function encodeHelloReject(reason: string): Uint8Array {
  const writer = new Writer();
  writer.utf8(reason.toWellFormed().slice(0, REASON_CHARS_MAX).toWellFormed());
  return writer.finish();
}

/** Throws FormatError. */
export function decodeHelloReject(bytes: Uint8Array): string {
  const reader = new Reader(bytes, "a hello-reject");
  const reason = reader.utf8(3 * REASON_CHARS_MAX);
  reader.end();
  return reason;
}

const MAGIC = 0x52535250;
const FORMAT = 1;
const NO_PROOF = new Uint8Array(0);
const PROOF_BYTES = 32;
const CLUSTER_ID_BYTES_MAX = 256;
const REASON_CHARS_MAX = 500;
const INCARNATION_PATTERN = /^[A-Za-z0-9_-]{11}$/;

function writeUnproven(writer: Writer, hello: Hello): void {
  writer.u32(MAGIC);
  writer.u8(FORMAT);
  writer.u8(hello.protocolMin);
  writer.u8(hello.protocolMax);
  writer.utf8(hello.clusterId);
  writer.ascii(hello.nodeId);
  writer.ascii(hello.incarnation);
  writer.u32(hello.ring.epoch);
  writer.raw(Buffer.from(hello.ring.digest, "hex"));
}

function readHello(reader: Reader): Hello {
  if (reader.u32() !== MAGIC) return reader.fail("it does not begin with RSRP");
  const format = reader.u8();
  if (format !== FORMAT) return reader.fail(`its format ${format} is unknown`);
  const protocolMin = reader.u8();
  const protocolMax = reader.u8();
  const clusterId = reader.utf8(CLUSTER_ID_BYTES_MAX);
  const nodeId = readNodeId(reader, reader.ascii(64));
  const incarnation = reader.ascii(11);
  if (!INCARNATION_PATTERN.test(incarnation)) return reader.fail("its incarnation is malformed");
  const ring = readStamp(reader);
  const proof = reader.bytes(PROOF_BYTES);
  return { protocolMin, protocolMax, clusterId, nodeId, incarnation, ring, proof };
}

function proofOf(hello: Hello, secret: string | undefined, answered?: Hello): Uint8Array {
  if (secret === undefined || secret === "") return NO_PROOF;
  const writer = new Writer();
  writer.ascii(answered === undefined ? "ringside hello" : "ringside hello-ack");
  writeUnproven(writer, hello);
  if (answered !== undefined) writer.bytes(answered.proof);
  return hmacSha256(utf8Bytes(secret), writer.finish());
}
