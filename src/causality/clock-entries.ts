import { ACTOR_LENGTH_MAX, isActor } from "../base/actor.ts";
import type { Reader, Writer } from "../base/binary.ts";
import { utf8Bytes } from "../base/bytes.ts";
import type { Actor } from "../base/ids.ts";
import type { ActorTable, Clock } from "./versioning.ts";

/** One pair of a clock. The counter is 1 or more: a pair of 0 says what an absent one says. */
export interface ClockEntry {
  readonly actor: Actor;
  readonly counter: number;
}

/** A clock in canonical form: every actor once, in ascending byte order (actors are ASCII). */
export type ClockEntries = readonly ClockEntry[];

/** Most pairs a clock may have on the wire; a record at this size is broken by any measure. */
export const CLOCK_ENTRIES_MAX = 65_535;

/** The four answers of D-4.4-4. */
export type ClockOrder = "equal" | "before" | "after" | "concurrent";

/** The entries themselves, in ascending order of their actors, as they mostly are. */
export function inOrder<Entry extends ClockEntry>(entries: Entry[]): readonly Entry[] {
  for (let index = 1; index < entries.length; index += 1) {
    const before = entries[index - 1] as Entry;
    if (before.actor >= (entries[index] as Entry).actor) return entries.sort(byActor);
  }
  return entries;
}

export function clockOf(entries: ClockEntries): Clock {
  const clock = new Map<Actor, number>();
  for (const { actor, counter } of entries) {
    clock.set(actor, counter);
  }
  return clock;
}

/** How `left` stands to `right`: "before" where every counter is at most the other's and one is less. */
export function orderOf(left: ClockEntries, right: ClockEntries): ClockOrder {
  let leftHasMore = false;
  let rightHasMore = false;
  let rightIndex = 0;
  for (const entry of left) {
    let other = right[rightIndex];
    while (other !== undefined && other.actor < entry.actor) {
      rightHasMore = true;
      rightIndex += 1;
      other = right[rightIndex];
    }
    if (other === undefined || other.actor !== entry.actor) {
      leftHasMore = true;
    } else {
      leftHasMore ||= entry.counter > other.counter;
      rightHasMore ||= entry.counter < other.counter;
      rightIndex += 1;
    }
  }
  rightHasMore ||= rightIndex < right.length;
  if (leftHasMore) {
    return rightHasMore ? "concurrent" : "after";
  }
  return rightHasMore ? "before" : "equal";
}

/** The least clock that both are at most. Of two pairs of one actor `newer` says which stays. */
export function joinOf<Entry extends ClockEntry>(
  left: readonly Entry[],
  right: readonly Entry[],
  newer: (one: Entry, other: Entry) => Entry = byCounter,
): readonly Entry[] {
  const joined: Entry[] = [];
  let rightIndex = 0;
  for (const entry of left) {
    let other = right[rightIndex];
    while (other !== undefined && other.actor < entry.actor) {
      joined.push(other);
      rightIndex += 1;
      other = right[rightIndex];
    }
    if (other !== undefined && other.actor === entry.actor) {
      joined.push(newer(entry, other));
      rightIndex += 1;
    } else {
      joined.push(entry);
    }
  }
  for (; rightIndex < right.length; rightIndex += 1) {
    joined.push(right[rightIndex] as Entry);
  }
  return joined;
}

function byCounter<Entry extends ClockEntry>(one: Entry, other: Entry): Entry {
  return other.counter > one.counter ? other : one;
}

/** The actor's counter, 0 where it has none. */
export function counterOf(entries: ClockEntries, actor: Actor): number {
  for (const entry of entries) {
    if (entry.actor === actor) {
      return entry.counter;
    }
  }
  return 0;
}

/** The clock with one counter put in the place of the actor's old one. */
export function withCounter(entries: ClockEntries, actor: Actor, counter: number): ClockEntries {
  const changed: ClockEntry[] = entries.filter((entry) => entry.actor < actor);
  const rest = entries.filter((entry) => entry.actor > actor);
  changed.push({ actor, counter });
  return changed.concat(rest);
}

/** Any total order of clocks, the same on all nodes; says nothing about causality. */
export function compareForListing(left: ClockEntries, right: ClockEntries): number {
  for (const [index, entry] of left.entries()) {
    const other = right[index];
    if (other === undefined) {
      return 1;
    }
    if (entry.actor !== other.actor) {
      return entry.actor < other.actor ? -1 : 1;
    }
    if (entry.counter !== other.counter) {
      return entry.counter - other.counter;
    }
  }
  return left.length - right.length;
}

//     clock = varint count, count times { ascii actor, varint counter }     actors ascending, counters 1 or more

/** `writeMore`: what else the format says of each pair. */
export function writeClock<Entry extends ClockEntry>(
  writer: Writer,
  entries: readonly Entry[],
  writeMore?: (entry: Entry) => void,
): void {
  if (entries.length > CLOCK_ENTRIES_MAX) {
    throw new RangeError(
      `Cannot write a clock of ${entries.length} actors: the limit is ${CLOCK_ENTRIES_MAX}`,
    );
  }
  writer.varint(entries.length);
  for (const entry of entries) {
    writer.ascii(entry.actor);
    writer.varint(entry.counter);
    writeMore?.(entry);
  }
}

/** `actors` as of `readActor`. */
export function readClock(reader: Reader, actors?: ActorTable): Clock {
  const clock = new Map<Actor, number>();
  readPairs(reader, actors, (actor, counter) => {
    clock.set(actor, counter);
  });
  return clock;
}

/** What `writeClock` took; `take` reads what else the format says of each pair. */
export function readPairs(
  reader: Reader,
  actors: ActorTable | undefined,
  take: (actor: Actor, counter: number) => void,
): void {
  const count = reader.varint(CLOCK_ENTRIES_MAX);
  let last = "";
  for (let index = 0; index < count; index += 1) {
    const actor = readActor(reader, last, actors);
    const counter = reader.varint();
    if (counter === 0) {
      reader.fail(`the counter of ${actor} is 0`);
    }
    take(actor, counter);
    last = actor;
  }
}

/** An actor that must come after the one before it. With `actors` it takes a fraction of the time, where it is known. */
export function readActor(reader: Reader, previous: string, actors?: ActorTable): Actor {
  const actor = (actors && reader.knownAscii(actors)) ?? newActor(reader, actors);
  if (actor <= previous) {
    return reader.fail(`actor ${actor} does not come after ${previous}`);
  }
  return actor;
}

function newActor(reader: Reader, actors: ActorTable | undefined): Actor {
  const text = reader.ascii(ACTOR_LENGTH_MAX);
  if (!isActor(text)) {
    return reader.fail(`${JSON.stringify(text)} is no actor`);
  }
  actors?.remember(utf8Bytes(text), text);
  return text;
}

function byActor(left: ClockEntry, right: ClockEntry): number {
  return left.actor < right.actor ? -1 : 1;
}
