import { ACTOR_LENGTH_MAX, isActor } from "../base/actor.ts";
import { assert } from "../base/assert.ts";
import { compareBytes } from "../base/bytes.ts";
import type { Actor } from "../base/ids.ts";
import { nextHybridTime, wallMsOf } from "./hybrid-time.ts";
import { beginRecord, openRecord, PAYLOAD_SIZE_BYTES_MAX } from "./record-format.ts";
import type {
  Clock,
  Mint,
  Siblings,
  Versioning,
  VersioningMode,
  VersioningOptions,
  WriteTime,
} from "./versioning.ts";
import { CLOCK_SKEW_MS_MAX } from "./versioning.ts";

/**
 * Versioning switched off (paper 5, 6.1; D-5-5, D-6-2): of two versions the one with the larger stamp stays, always one
 * version, and acknowledged writes are lost: all but one of concurrent ones (K-14). Equal stamps are decided by actor, then by
 * payload, the same way on all nodes.
 *
 *     lww          the stamp is the coordinator's wall time, as in the paper. The context is ignored. Every later write of a
 *                  node whose clock is behind is lost too.
 *     lww-hybrid   the stamp is a hybrid time (`hybrid-time.ts`), later than all that the coordinator and its client have
 *                  seen, up to a bound. A write is lost to concurrent ones, and not to what it replaced.
 *
 * The stamp doubles as the actor's counter in the clock that clients get, so that a read hands out a context like in every other
 * mode.
 *
 *     body = u8 0 where there is no version, else u8 1, ascii actor, varint stamp, bytes payload     stamp 1 or more
 */
export const lww: Versioning = lastWriteWins("lww", {
  // A counter of 0 would mean "nothing seen".
  stampOf: ({ mint }) => Math.max(1, Math.floor(mint.wallMs)),
  timeOf: ({ actor, stamp }) => ({ actor, wallMs: stamp, hybridTime: undefined }),
});

export function lwwHybrid({
  clockSkewMaxMs: skewMaxMs = CLOCK_SKEW_MS_MAX,
}: VersioningOptions = {}): Versioning {
  return lastWriteWins("lww-hybrid", {
    stampOf: ({ stored, context, mint: { wallMs, hybridTime: last = 0 } }) =>
      nextHybridTime({
        wallMs,
        last,
        seen: [stored?.stamp ?? 0, ...context.values()],
        skewMaxMs,
      }),
    timeOf: ({ actor, stamp }) => ({ actor, wallMs: wallMsOf(stamp), hybridTime: stamp }),
  });
}

interface Stamps {
  stampOf(write: {
    readonly stored: Stamped | undefined;
    readonly context: Clock;
    readonly mint: Mint;
  }): number;
  timeOf(version: Stamped): WriteTime;
}

function lastWriteWins(mode: "lww" | "lww-hybrid", { stampOf, timeOf }: Stamps): Versioning {
  return {
    mode,
    get empty() {
      return EMPTY;
    },
    update(stored, context, payload, mint) {
      const stamp = stampOf({ stored: versionOf(stored), context, mint });
      return merge(stored, new LastWrite({ actor: mint.actor, stamp, payload }));
    },
    merge,
    descends,
    fingerprintBytes: (record) => record,
    writeTime(siblings) {
      const version = versionOf(siblings);
      return version === undefined ? undefined : timeOf(version);
    },
    encode: (siblings) => encode(mode, siblings),
    decode: (bytes) => decode(mode, bytes),
  };
}

interface Stamped {
  readonly actor: Actor;
  /** Wall time of the write in milliseconds since 1970, or its hybrid time; at least 1. */
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

function encode(mode: VersioningMode, siblings: Siblings): Uint8Array {
  const version = versionOf(siblings);
  const writer = beginRecord(mode, 128 + (version?.payload.length ?? 0));
  writer.u8(version === undefined ? 0 : 1);
  if (version !== undefined) {
    writer.ascii(version.actor);
    writer.varint(version.stamp);
    writer.bytes(version.payload);
  }
  return writer.finish();
}

function decode(mode: VersioningMode, bytes: Uint8Array): Siblings {
  const reader = openRecord(mode, bytes);
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
