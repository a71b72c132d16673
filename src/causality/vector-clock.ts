import { assert } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Actor } from "../base/ids.ts";
import { compareForListing, counterOf, orderOf } from "./clock-entries.ts";
import {
  beginRecord,
  openRecord,
  PAYLOAD_SIZE_BYTES_MAX,
  payloadRoom,
  writeCount,
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
  Siblings,
  Versioning,
  VersioningMode,
  VersioningOptions,
} from "./versioning.ts";

/**
 * The paper's own way (4.4, D-4.4-4): every version carries a vector clock, and a version whose clock is covered by another's
 * is dropped. The paper only says that the coordinator "increases its sequence number", so there are two readings:
 *
 *     vector-clock        the context's counter of this node + 1
 *     vector-clock-max    the larger of the context's and the stored versions' counter + 1
 *
 * Both lose acknowledged writes without any failure. In the first, two clients that read the same version get equal clocks
 * for different values, and the stored one stays (K-2). In the second, the later one dominates the earlier that its
 * client never saw (K-1). Here to show that, and what truncation costs (`timed-clock.ts`).
 *
 * Of equal clocks the stored version stays, with its times: its payload may be another already, and times are compared nowhere.
 *
 *     body = varint count, count times { timed clock, bytes payload }     clocks ascending, none covered by another
 */
export const vectorClock: Versioning = paperVersioning("vector-clock");
export const vectorClockMax: Versioning = paperVersioning("vector-clock-max");

interface ClockedVersion {
  readonly entries: TimedEntries;
  readonly payload: Uint8Array;
}

class ClockedVersions implements Siblings {
  /** Ascending by `compareForListing`, none covered by another. */
  readonly versions: readonly ClockedVersion[];
  readonly entriesDropped: number;

  constructor(versions: readonly ClockedVersion[], entriesDropped = 0) {
    this.versions = versions;
    this.entriesDropped = entriesDropped;
  }

  get payloads(): readonly Uint8Array[] {
    return this.versions.map((version) => version.payload);
  }

  get clock(): Clock {
    let joined: TimedEntries = [];
    for (const version of this.versions) {
      joined = joinTimed(joined, version.entries);
    }
    return timedClockOf(joined);
  }
}

const EMPTY = new ClockedVersions([]);

/** Most versions a record of these modes may hold: each is compared with each. */
const CLOCKED_VERSIONS_MAX = 1_024;

export function paperVersioning(
  mode: VersioningMode & `vector-clock${string}`,
  { truncation }: VersioningOptions = {},
): Versioning {
  return {
    mode,
    countsFromContext: mode === "vector-clock" && truncation !== undefined,
    get empty() {
      return EMPTY;
    },
    update(stored, context, payload, { actor, wallMs }) {
      const read = timedEntries(context);
      const seen = counterOf(read, actor);
      const last = mode === "vector-clock" ? seen : Math.max(seen, storedCounter(stored, actor));
      const dot = { actor, counter: last + 1, updatedMs: stampedMs(wallMs) };
      const entries = withDot(read, dot, truncation);
      const dropped = read.length + (seen === 0 ? 1 : 0) - entries.length;
      const updated = merge(stored, new ClockedVersions([{ entries, payload }], dropped));
      return dropped === 0 || updated === stored
        ? updated
        : new ClockedVersions(versionsOf(updated), dropped);
    },
    merge,
    descends,
    fingerprintBytes: (record) => {
      const versions = decode(mode, record, undefined);
      const bare = versions.map(({ entries, payload }) => ({ entries: untimed(entries), payload }));
      return encode(mode, new ClockedVersions(bare));
    },
    encode: (siblings) => encode(mode, siblings),
    decode: (bytes, actors) => {
      const versions = decode(mode, bytes, actors);
      return versions.length === 0 ? EMPTY : new ClockedVersions(versions);
    },
  };
}

function storedCounter(stored: Siblings, actor: Actor): number {
  let counter = 0;
  for (const version of versionsOf(stored)) {
    counter = Math.max(counter, counterOf(version.entries, actor));
  }
  return counter;
}

function merge(stored: Siblings, received: Siblings): Siblings {
  const left = versionsOf(stored);
  const right = versionsOf(received);
  const news = right.filter((version) => !isCovered(version, left));
  if (news.length === 0) {
    return stored;
  }
  const kept = left.filter((version) => !isCovered(version, news));
  const all = kept.concat(news);
  all.sort((one, other) => compareForListing(one.entries, other.entries));
  return areSame(all, right) ? received : new ClockedVersions(all);
}

/** True where one of `others` has the version's clock or a later one. */
function isCovered(version: ClockedVersion, others: readonly ClockedVersion[]): boolean {
  return others.some((other) => {
    const order = orderOf(version.entries, other.entries);
    return order === "before" || order === "equal";
  });
}

function areSame(left: readonly ClockedVersion[], right: readonly ClockedVersion[]): boolean {
  return (
    left.length === right.length &&
    left.every((version, index) => {
      const other = right[index];
      return (
        version === other ||
        (other !== undefined &&
          compareForListing(version.entries, other.entries) === 0 &&
          equalBytes(version.payload, other.payload))
      );
    })
  );
}

function descends(newer: Siblings, older: Siblings): boolean {
  const left = versionsOf(newer);
  return versionsOf(older).every((version) => isCovered(version, left));
}

function encode(mode: VersioningMode, siblings: Siblings): Uint8Array {
  const versions = versionsOf(siblings);
  if (versions.length > CLOCKED_VERSIONS_MAX) {
    throw new RangeError(
      `Cannot write ${versions.length} versions of one key: the limit of mode ${mode} is ${CLOCKED_VERSIONS_MAX}`,
    );
  }
  const entryCount = versions.reduce((sum, version) => sum + version.entries.length, 0);
  const sizeGuess = 16 + 56 * entryCount + payloadRoom(siblings.payloads);
  const writer = beginRecord(mode, sizeGuess);
  writeCount(writer, versions.length);
  for (const version of versions) {
    writeTimedClock(writer, version.entries);
    writer.bytes(version.payload);
  }
  return writer.finish();
}

function decode(
  mode: VersioningMode,
  bytes: Uint8Array,
  actors: ActorTable | undefined,
): readonly ClockedVersion[] {
  const reader = openRecord(mode, bytes);
  const count = reader.varint(CLOCKED_VERSIONS_MAX);
  const versions: ClockedVersion[] = [];
  for (let index = 0; index < count; index += 1) {
    const entries = readTimedClock(reader, actors);
    const payload = reader.bytes(PAYLOAD_SIZE_BYTES_MAX);
    const previous = versions.at(-1);
    if (previous !== undefined && compareForListing(previous.entries, entries) >= 0) {
      reader.fail("its versions are not in ascending order");
    }
    if (entries.length === 0) {
      reader.fail("a version has an empty clock");
    }
    if (versions.some((other) => orderOf(other.entries, entries) !== "concurrent")) {
      reader.fail("a version is covered by another");
    }
    versions.push({ entries, payload });
  }
  reader.end();
  return versions;
}

function versionsOf(siblings: Siblings): readonly ClockedVersion[] {
  assert(siblings instanceof ClockedVersions, "Cannot use siblings of another mode as versions");
  return siblings.versions;
}
