import type { Reader, Writer } from "../base/binary.ts";
import type { Actor } from "../base/ids.ts";
import type { ClockEntries, ClockEntry } from "./clock-entries.ts";
import { joinOf, readPairs, writeClock } from "./clock-entries.ts";
import type { ActorTable, Clock, Truncation, VersioningMode } from "./versioning.ts";

/**
 * Clocks of which every pair says when its node last wrote the item (paper 4.4, D-4.4-8).
 *
 * Problem: where many nodes come to coordinate one key its clocks grow, and the paper cuts them: once there are 10 pairs the
 * one that was not written for the longest time goes. A clock that forgot a pair covers less than it has seen, so what it
 * really descends from looks concurrent (K-8): false siblings, and never a lost write.
 *
 * Sketch: a dot has one time, the wall time of its coordinator, so the times follow from the counters. They say what to drop
 * and nothing else: neither comparison nor hash looks at them. Only a coordinator cuts, only in a write, and never the pair of
 * the write itself: a clock that is wrong may make that the oldest one, and a version without its own dot would
 * seem to descend from nothing and be dropped for older ones.
 */
export interface TimedEntry extends ClockEntry {
  /** Wall milliseconds since 1970 of the node that wrote; 0 where it is not known. */
  readonly updatedMs: number;
}

/** In canonical form, as `ClockEntries`. */
export type TimedEntries = readonly TimedEntry[];

/** The modes whose clocks are timed. */
export function isTimed(mode: VersioningMode): boolean {
  return mode === "merged" || mode === "vector-clock" || mode === "vector-clock-max";
}

export function timedClockOf(entries: TimedEntries): Clock {
  const clock = new Map<Actor, number>();
  const updatedMs = new Map<Actor, number>();
  for (const entry of entries) {
    clock.set(entry.actor, entry.counter);
    updatedMs.set(entry.actor, entry.updatedMs);
  }
  return Object.assign(clock, { updatedMs });
}

export function timedEntries(clock: Clock): TimedEntries {
  const entries: TimedEntry[] = [];
  for (const [actor, counter] of clock) {
    entries.push({ actor, counter, updatedMs: clock.updatedMs?.get(actor) ?? 0 });
  }
  return entries.sort((left, right) => (left.actor < right.actor ? -1 : 1));
}

/** The least clock that both are at most; of equal counters the later time stays, whichever side has it. */
export function joinTimed(left: TimedEntries, right: TimedEntries): TimedEntries {
  return joinOf(left, right, newerOf);
}

/** The clock with the dot of a write in it, cut to what `truncation` lets it keep. */
export function withDot(
  entries: TimedEntries,
  dot: TimedEntry,
  truncation: Truncation | undefined,
): TimedEntries {
  const others = entries.filter(({ actor }) => actor !== dot.actor);
  const kept = truncation === undefined ? others : latestOf(others, keptMax(truncation) - 1);
  return [
    ...kept.filter(({ actor }) => actor < dot.actor),
    dot,
    ...kept.filter(({ actor }) => actor > dot.actor),
  ];
}

/** The most pairs that a clock keeps. */
export function keptMax({ rule, entriesMax }: Truncation): number {
  return rule === "reaches" ? entriesMax - 1 : entriesMax;
}

/** The same clock as all replicas have it, whatever time their pairs carry. */
export function untimed(entries: TimedEntries): TimedEntries {
  return entries.map((entry) => ({ ...entry, updatedMs: 0 }));
}

//     timed clock = varint count, count times { ascii actor, varint counter, varint updated ms }
//                   actors ascending, counters 1 or more

export function writeTimedClock(writer: Writer, entries: TimedEntries): void {
  writeClock(writer, entries, ({ updatedMs }) => writer.varint(updatedMs));
}

/** `actors` as of `readActor`. */
export function readTimedClock(reader: Reader, actors?: ActorTable): TimedEntries {
  const entries: TimedEntry[] = [];
  readPairs(reader, actors, (actor, counter) => {
    entries.push({ actor, counter, updatedMs: reader.varint() });
  });
  return entries;
}

/** A wall time as a pair carries it: whole, and not before 1970. */
export function stampedMs(wallMs: number): number {
  return Math.max(0, Math.floor(wallMs));
}

function newerOf(one: TimedEntry, other: TimedEntry): TimedEntry {
  if (one.counter !== other.counter) {
    return one.counter > other.counter ? one : other;
  }
  return other.updatedMs > one.updatedMs ? other : one;
}

/** The `count` that were written last; of equal times the larger actors, so that all nodes would drop the same ones. */
function latestOf(entries: TimedEntries, count: number): TimedEntries {
  if (entries.length <= count) {
    return entries;
  }
  const byAge = [...entries].sort(
    (left, right) => left.updatedMs - right.updatedMs || (left.actor < right.actor ? -1 : 1),
  );
  const dropped: ReadonlySet<ClockEntries[number]> = new Set(
    byAge.slice(0, entries.length - Math.max(0, count)),
  );
  return entries.filter((entry) => !dropped.has(entry));
}
