/*
 * A change as bytes, in rows and in messages. Canonical: one change, one form.
 *
 *     change   = format:u8 (1) issuer:ascii number:varint time:varint what
 *     what     = 1 join      id:ascii address:utf8 clientUrl:utf8 datacenter:ascii capacity:varint      (empty, or 0: there is none)
 *              | 2 leave     node:ascii
 *              | 3 received  issuer:ascii number:varint digest:8 bytes node:ascii
 *              | 4 withdraw  issuer:ascii number:varint
 *              | 5 emptied   issuer:ascii number:varint digest:8 bytes node:ascii
 */
import { isIncarnation } from "../base/actor.ts";
import { assert } from "../base/assert.ts";
import { baseUrl } from "../base/base-url.ts";
import { Reader, Writer } from "../base/binary.ts";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { parseAddress } from "../env/address.ts";
import { CHANGE_BYTES_MAX } from "../protocol/gossip-codec.ts";
import type { Change, ChangeId, Issuer, MemberRecord, Received } from "./change.ts";
import { changeId } from "./change.ts";

const FORMAT = 1;
const KINDS = { join: 1, leave: 2, received: 3, withdraw: 4, emptied: 5 } as const;
const NODE_ID_CHARS_MAX = 64;
const LIFE_CHARS = 11;
const ISSUER_CHARS_MAX = NODE_ID_CHARS_MAX + 1 + LIFE_CHARS;
/** A host name of 253 characters, a colon and a port are 259. */
const ADDRESS_BYTES_MAX = 300;
const CLIENT_URL_BYTES_MAX = 1_024;
const DATACENTER_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
const CAPACITY_MAX = 1_000;
const DIGEST_BYTES = 8;
const DIGEST_PATTERN = /^[0-9a-f]{16}$/;

/** Its bytes. What `decodeChange` refuses is not checked here: ask it. */
export function encodeChange({ issuer, number, time, what }: Change): Uint8Array {
  const writer = new Writer();
  writer.u8(FORMAT);
  writer.ascii(issuer);
  writer.varint(number);
  writer.varint(time);
  writer.u8(KINDS[what.kind]);
  switch (what.kind) {
    case "join":
      writeMember(writer, what.member);
      break;
    case "leave":
      writer.ascii(what.node);
      break;
    case "received":
    case "emptied":
      writeId(writer, what.change);
      assert(DIGEST_PATTERN.test(what.digest), `Cannot write ${what.digest} as a digest`);
      writer.raw(Buffer.from(what.digest, "hex"));
      writer.ascii(what.node);
      break;
    case "withdraw":
      writeId(writer, what.change);
  }
  return writer.finish();
}

/** The change; shares no memory with the bytes. Throws FormatError. */
export function decodeChange(bytes: Uint8Array): Change {
  const reader = new Reader(bytes, "a change");
  if (bytes.length > CHANGE_BYTES_MAX) return reader.fail(`the limit is ${CHANGE_BYTES_MAX}`);
  const format = reader.u8();
  if (format !== FORMAT) return reader.fail(`its format ${format} is unknown`);
  const issuer = readIssuer(reader);
  const number = readPositive(reader, "number");
  const time = readPositive(reader, "time");
  const what = readWhat(reader);
  reader.end();
  return { issuer, number, time, what };
}

function readWhat(reader: Reader): Change["what"] {
  const kind = reader.u8();
  switch (kind) {
    case KINDS.join:
      return { kind: "join", member: readMember(reader) };
    case KINDS.leave:
      return { kind: "leave", node: readNode(reader) };
    case KINDS.received:
      return { kind: "received", ...readWord(reader) };
    case KINDS.withdraw:
      return { kind: "withdraw", change: readId(reader) };
    case KINDS.emptied:
      return { kind: "emptied", ...readWord(reader) };
    default:
      return reader.fail(`its kind ${kind} is unknown`);
  }
}

/** What a node says of a change. */
function readWord(reader: Reader): Pick<Received, "change" | "digest" | "node"> {
  const change = readId(reader);
  const digest = reader.hex(DIGEST_BYTES);
  return { change, digest, node: readNode(reader) };
}

function writeMember(writer: Writer, member: MemberRecord): void {
  writer.ascii(member.id);
  writer.utf8(member.address);
  writer.utf8(member.clientUrl ?? "");
  writer.ascii(member.datacenter ?? "");
  writer.varint(member.capacity ?? 0);
}

function readMember(reader: Reader): MemberRecord {
  const id = readNode(reader);
  const address = readAddress(reader);
  const clientUrl = reader.utf8(CLIENT_URL_BYTES_MAX);
  if (clientUrl !== "" && baseUrl(clientUrl) !== clientUrl) {
    return reader.fail("its client URL is no base URL");
  }
  const datacenter = reader.ascii();
  if (datacenter !== "" && !DATACENTER_PATTERN.test(datacenter)) {
    return reader.fail("its datacenter is malformed");
  }
  const capacity = reader.varint(CAPACITY_MAX);
  return {
    id,
    address,
    ...(clientUrl !== "" && { clientUrl }),
    ...(datacenter !== "" && { datacenter }),
    ...(capacity > 0 && { capacity }),
  };
}

function readAddress(reader: Reader): string {
  const address = reader.utf8(ADDRESS_BYTES_MAX);
  return orFail(reader, () => {
    parseAddress(address);
    return address;
  });
}

function readNode(reader: Reader): NodeId {
  const text = reader.ascii(NODE_ID_CHARS_MAX);
  return orFail(reader, () => nodeId(text));
}

function readIssuer(reader: Reader): Issuer {
  const text = reader.ascii(ISSUER_CHARS_MAX);
  const slash = text.indexOf("/");
  if (slash < 0 || !isIncarnation(text.slice(slash + 1))) {
    return reader.fail("an issuer is malformed");
  }
  return orFail(reader, () => `${nodeId(text.slice(0, slash))}${text.slice(slash)}` as Issuer);
}

function writeId(writer: Writer, id: ChangeId): void {
  const slash = id.lastIndexOf("/");
  writer.ascii(id.slice(0, slash));
  writer.varint(Number(id.slice(slash + 1)));
}

function readId(reader: Reader): ChangeId {
  const issuer = readIssuer(reader);
  return changeId({ issuer, number: readPositive(reader, "number of a change") });
}

function readPositive(reader: Reader, what: string): number {
  const value = reader.varint();
  return value > 0 ? value : reader.fail(`its ${what} is 0`);
}

/** A RangeError of a check, told as what it is here. */
function orFail<Value>(reader: Reader, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return reader.fail(error.message);
    throw error;
  }
}
