/*
 * Bodies of the messages that reconcile the histories of changes (membership/gossip.ts), canonical.
 *
 *     gossip       = digest:16 bytes known changes
 *     gossip-reply = known changes
 *     known        = 0 | 1 count:varint (issuer:ascii number:varint)*          (issuers ascending, numbers 1 or more)
 *     changes      = (length:varint change)*                                   to the end; at most 64 KiB of it
 *
 * Issuers and changes are opaque here (membership/change-codec.ts).
 */
import type { Reader } from "../base/binary.ts";
import { Writer } from "../base/binary.ts";
import type { FrameWriter } from "./framing.ts";
import type { GossipReply, GossipRequest, HistoryVector } from "./messages.ts";

/** Longest change. */
export const CHANGE_BYTES_MAX = 2_048;
/** Of the changes in one message, with their lengths; what is more waits for the next round. */
const GOSSIP_CHANGES_BYTES_MAX = 64 * 1_024;
/** Of a vector, at most 90 bytes each. A history of so many is far beyond what a node can fold. */
const ISSUERS_MAX = 2 ** 19;
const DIGEST_BYTES = 16;

export function writeGossip(writer: FrameWriter, request: GossipRequest): void {
  if (request.digest.length !== DIGEST_BYTES) {
    throw new RangeError(
      `Cannot send a history's digest of ${request.digest.length} bytes: it must be ${DIGEST_BYTES}`,
    );
  }
  writer.raw(request.digest);
  writeReconciliation(writer, request);
}

export function writeGossipReply(writer: FrameWriter, reply: GossipReply): void {
  writeReconciliation(writer, reply);
}

export function readGossip(reader: Reader): GossipRequest {
  const digest = reader.raw(DIGEST_BYTES);
  return { type: "gossip", digest, vector: readVector(reader), changes: readChanges(reader) };
}

export function readGossipReply(reader: Reader): GossipReply {
  return { type: "gossip-reply", vector: readVector(reader), changes: readChanges(reader) };
}

/** How many of the changes, from the first on, one message takes. */
export function countOfPage(changes: readonly Uint8Array[]): number {
  let sizeBytes = 0;
  const end = changes.findIndex((change) => {
    sizeBytes += sizeWithLength(change);
    return sizeBytes > GOSSIP_CHANGES_BYTES_MAX;
  });
  return end < 0 ? changes.length : end;
}

type Reconciliation = Pick<GossipReply, "vector" | "changes">;

function writeReconciliation(writer: FrameWriter, { vector, changes }: Reconciliation): void {
  const parts = new Writer();
  writeVector(parts, vector);
  if (countOfPage(changes) < changes.length) {
    throw new RangeError(
      `Cannot send ${changes.length} changes: they are over ${GOSSIP_CHANGES_BYTES_MAX} bytes`,
    );
  }
  for (const change of changes) {
    if (change.length > CHANGE_BYTES_MAX) {
      throw new RangeError(
        `Cannot send a change of ${change.length} bytes: the limit is ${CHANGE_BYTES_MAX}`,
      );
    }
    parts.bytes(change);
  }
  writer.raw(parts.finish());
}

function writeVector(writer: Writer, vector: HistoryVector | undefined): void {
  writer.u8(vector === undefined ? 0 : 1);
  if (vector === undefined) return;
  if (vector.size > ISSUERS_MAX) {
    throw new RangeError(
      `Cannot send a vector of ${vector.size} issuers: the limit is ${ISSUERS_MAX}`,
    );
  }
  writer.varint(vector.size);
  for (const issuer of [...vector.keys()].sort()) {
    writer.ascii(issuer);
    writer.varint(vector.get(issuer) ?? 0);
  }
}

function readVector(reader: Reader): HistoryVector | undefined {
  const known = reader.u8();
  if (known === 0) return undefined;
  if (known !== 1) return reader.fail(`known is ${known}, allowed are 0 and 1`);
  const vector = new Map<string, number>();
  let before = "";
  for (let left = reader.varint(ISSUERS_MAX); left > 0; left -= 1) {
    const issuer = reader.ascii();
    const number = reader.varint();
    if (issuer <= before) return reader.fail("its issuers are not in ascending order");
    if (number === 0) return reader.fail("it says 0 of an issuer");
    vector.set(issuer, number);
    before = issuer;
  }
  return vector;
}

function readChanges(reader: Reader): readonly Uint8Array[] {
  if (reader.remaining > GOSSIP_CHANGES_BYTES_MAX) {
    return reader.fail(`its changes are over the limit of ${GOSSIP_CHANGES_BYTES_MAX} bytes`);
  }
  const changes: Uint8Array[] = [];
  while (reader.remaining > 0) changes.push(reader.bytes(CHANGE_BYTES_MAX));
  return changes;
}

function sizeWithLength({ length }: Uint8Array): number {
  return length + (length < 0x80 ? 1 : 2);
}
