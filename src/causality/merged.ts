import { assert } from "../base/assert.ts";
import { compareBytes } from "../base/bytes.ts";
import { counterOf, orderOf } from "./clock-entries.ts";
import {
  beginRecord,
  isAscending,
  openRecord,
  payloadRoom,
  readPayloads,
  writePayloads,
} from "./record-format.ts";
import type { TimedEntries } from "./timed-clock.ts";
import {
  joinTimed,
  readTimedClock,
  stampedMs,
  timedClockOf,
  timedEntries,
  untimed,
  withDot,
  writeTimedClock,
} from "./timed-clock.ts";
import type {
  ActorTable,
  Clock,
  Mint,
  Siblings,
  Truncation,
  Versioning,
  VersioningOptions,
} from "./versioning.ts";

/**
 * One version vector for the whole key and a set of payloads, as old Riak had it. A write whose context covers the vector
 * replaces everything; any other is added. No write is lost, but since the vector says nothing about single payloads, what a
 * client has read and replaced stays as a false sibling whenever somebody else wrote in between: interleaved writers make
 * the set grow with every write (K-5).
 *
 * Merging takes the side whose vector covers the other, and the union where neither does. Payloads of equal vectors can
 * differ by false siblings, depending on the order of earlier merges; the union is taken there too, so replicas converge.
 *
 * A dot stands for the whole set that its write left, so a clock cut short (`timed-clock.ts`) still loses no write: whoever has
 * the dot has seen that set, and who lost it only keeps what it could drop. A dot has one time, so equal vectors are
 * equal bytes with their times too.
 *
 *     body = timed clock, payloads     payloads ascending, without repetition
 */
export const merged: Versioning = mergedVersioning();

export function mergedVersioning({ truncation }: VersioningOptions = {}): Versioning {
  return {
    mode: "merged",
    get empty() {
      return EMPTY;
    },
    update: (stored, context, payload, mint) =>
      update(stored, { context, payload, mint, truncation }),
    merge,
    descends,
    fingerprintBytes: (record) => {
      const { entries, payloads } = mergedSet(decode(record));
      return encode(new MergedSet(untimed(entries), payloads));
    },
    encode,
    decode,
  };
}

class MergedSet implements Siblings {
  readonly entries: TimedEntries;
  /** A set: ascending, without repetition. */
  readonly payloads: readonly Uint8Array[];

  readonly entriesDropped: number;

  constructor(entries: TimedEntries, payloads: readonly Uint8Array[], entriesDropped = 0) {
    this.entries = entries;
    this.payloads = payloads;
    this.entriesDropped = entriesDropped;
  }

  get clock(): Clock {
    return timedClockOf(this.entries);
  }
}

const EMPTY = new MergedSet([], []);

interface Write {
  readonly context: Clock;
  readonly payload: Uint8Array;
  readonly mint: Mint;
  readonly truncation: Truncation | undefined;
}

function update(stored: Siblings, { context, payload, mint, truncation }: Write): Siblings {
  const { entries, payloads } = mergedSet(stored);
  const { actor, wallMs } = mint;
  const read = timedEntries(context);
  const joined = joinTimed(entries, read);
  const last = counterOf(joined, actor);
  const dot = { actor, counter: last + 1, updatedMs: stampedMs(wallMs) };
  const clock = withDot(joined, dot, truncation);
  const dropped = joined.length + (last === 0 ? 1 : 0) - clock.length;
  const order = orderOf(read, entries);
  if (order === "equal" || order === "after") {
    return new MergedSet(clock, [payload], dropped);
  }
  return new MergedSet(clock, unionOf(payloads, [payload]), dropped);
}

function merge(stored: Siblings, received: Siblings): Siblings {
  const left = mergedSet(stored);
  const right = mergedSet(received);
  if (descends(stored, received)) {
    return stored;
  }
  if (descends(received, stored)) {
    return received;
  }
  return new MergedSet(
    joinTimed(left.entries, right.entries),
    unionOf(left.payloads, right.payloads),
  );
}

function descends(newer: Siblings, older: Siblings): boolean {
  const left = mergedSet(newer);
  const right = mergedSet(older);
  const order = orderOf(left.entries, right.entries);
  return (
    order === "after" ||
    (order === "equal" && unionOf(left.payloads, right.payloads).length === left.payloads.length)
  );
}

/** Both sets in one. */
function unionOf(left: readonly Uint8Array[], right: readonly Uint8Array[]): readonly Uint8Array[] {
  const union: Uint8Array[] = [];
  let rightIndex = 0;
  for (const payload of left) {
    let other = right[rightIndex];
    let order = other === undefined ? -1 : compareBytes(payload, other);
    while (other !== undefined && order > 0) {
      union.push(other);
      rightIndex += 1;
      other = right[rightIndex];
      order = other === undefined ? -1 : compareBytes(payload, other);
    }
    union.push(payload);
    if (order === 0) {
      rightIndex += 1;
    }
  }
  return union.concat(right.slice(rightIndex));
}

function encode(siblings: Siblings): Uint8Array {
  const { entries, payloads } = mergedSet(siblings);
  const writer = beginRecord("merged", 16 + 56 * entries.length + payloadRoom(payloads));
  writeTimedClock(writer, entries);
  writePayloads(writer, payloads);
  return writer.finish();
}

function decode(bytes: Uint8Array, actors?: ActorTable): Siblings {
  const reader = openRecord("merged", bytes);
  const entries = readTimedClock(reader, actors);
  const payloads = readPayloads(reader);
  reader.end();
  if (!isAscending(payloads)) {
    reader.fail("its payloads are not in ascending order");
  }
  if (entries.length === 0 || payloads.length === 0) {
    // A version has a dot, and what replaces a version is a version.
    return entries.length === payloads.length
      ? EMPTY
      : reader.fail(`${payloads.length} versions cannot have a clock of ${entries.length} actors`);
  }
  return new MergedSet(entries, payloads);
}

function mergedSet(siblings: Siblings): MergedSet {
  assert(siblings instanceof MergedSet, "Cannot use siblings of another mode as a merged set");
  return siblings;
}
