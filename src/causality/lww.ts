import { ACTOR_LENGTH_MAX, isActor } from "../base/actor.ts";
import { assert } from "../base/assert.ts";
import { compareBytes } from "../base/bytes.ts";
import type { Actor } from "../base/ids.ts";
import { beginRecord, openRecord, PAYLOAD_SIZE_BYTES_MAX } from "./record-format.ts";
import type { Clock, Mint, Siblings, Versioning } from "./versioning.ts";

/**
 * Last write wins: of two versions the one with the larger wall time stays (paper 6.1, D-6-2). Simple, always one version,
 * and it loses acknowledged writes: all but one of concurrent ones, and every later one of a node whose clock is behind
 * (K-14). Here to show that. Equal times are decided by actor, then by payload, the same way on all nodes.
 *
 * A write goes by the time alone and ignores its context, as in the paper. The stamp doubles as the actor's counter in the
 * clock that clients get, so that a read hands out a context like in every other mode.
 *
 *     body = u8 0 where there is no version, else u8 1, ascii actor, varint stamp, bytes payload     stamp 1 or more
 */
export const lww: Versioning = {
  mode: "lww",
  get empty() {
    return EMPTY;
  },
  update,
  merge,
  descends,
  fingerprintBytes: (record) => record,
  encode,
  decode,
};

interface Stamped {
  readonly actor: Actor;
  /** Wall time of the write in milliseconds since 1970, at least 1. */
  readonly stamp: number;
  readonly payload: Uint8Array;
}

class LastWrite implements Siblings {
  readonly version: Stamped | undefined;

  constructor(version: Stamped | undefined) {
    this.version = version;
  }

  get payloads(): readonly Uint8Array[] {
    return this.version === undefined ? [] : [this.version.payload];
  }

  get clock(): Clock {
    const version = this.version;
    return new Map(version === undefined ? [] : [[version.actor, version.stamp]]);
  }
}

const EMPTY = new LastWrite(undefined);

function update(stored: Siblings, _context: Clock, payload: Uint8Array, mint: Mint): Siblings {
  // A counter of 0 would mean "nothing seen".
  const stamp = Math.max(1, Math.floor(mint.wallMs));
  return merge(stored, new LastWrite({ actor: mint.actor, stamp, payload }));
}

function merge(stored: Siblings, received: Siblings): Siblings {
  return descends(stored, received) ? stored : received;
}

function descends(newer: Siblings, older: Siblings): boolean {
  const right = versionOf(older);
  if (right === undefined) {
    return true;
  }
  const left = versionOf(newer);
  return left !== undefined && compareVersions(left, right) >= 0;
}

function compareVersions(left: Stamped, right: Stamped): number {
  if (left.stamp !== right.stamp) {
    return left.stamp - right.stamp;
  }
  if (left.actor !== right.actor) {
    return left.actor < right.actor ? -1 : 1;
  }
  return compareBytes(left.payload, right.payload);
}

function encode(siblings: Siblings): Uint8Array {
  const version = versionOf(siblings);
  const writer = beginRecord("lww", 128 + (version?.payload.length ?? 0));
  writer.u8(version === undefined ? 0 : 1);
  if (version !== undefined) {
    writer.ascii(version.actor);
    writer.varint(version.stamp);
    writer.bytes(version.payload);
  }
  return writer.finish();
}

function decode(bytes: Uint8Array): Siblings {
  const reader = openRecord("lww", bytes);
  const present = reader.u8();
  if (present > 1) {
    reader.fail(`${present} does not say whether there is a version`);
  }
  if (present === 0) {
    reader.end();
    return EMPTY;
  }
  const actor = reader.ascii(ACTOR_LENGTH_MAX);
  const stamp = reader.varint();
  const payload = reader.bytes(PAYLOAD_SIZE_BYTES_MAX);
  reader.end();
  if (!isActor(actor)) {
    return reader.fail(`${JSON.stringify(actor)} is no actor`);
  }
  if (stamp === 0) {
    reader.fail("its stamp is 0");
  }
  return new LastWrite({ actor, stamp, payload });
}

function versionOf(siblings: Siblings): Stamped | undefined {
  assert(siblings instanceof LastWrite, "Cannot use siblings of another mode as a last write");
  return siblings.version;
}
