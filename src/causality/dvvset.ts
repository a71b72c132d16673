import { assert } from "../base/assert.ts";
import type { Reader, Writer } from "../base/binary.ts";
import type { ClockEntry } from "./clock-entries.ts";
import { CLOCK_ENTRIES_MAX, inOrder, readActor } from "./clock-entries.ts";
import { ListedClock } from "./listed-clock.ts";
import {
  beginRecord,
  NO_PAYLOADS,
  openRecord,
  payloadRoom,
  readPayloads,
  writePayloads,
} from "./record-format.ts";
import type { ActorTable, Clock, Mint, Siblings, Versioning } from "./versioning.ts";

/**
 * Problem: a clock per version that names only the coordinator cannot tell two clients apart that write through it, so
 * one of their writes falsely dominates the other and is lost (K-1, K-2); one clock per key keeps both, but can never
 * drop one of them again (K-5).
 *
 * Sketch: a dotted version vector set. Each write is one dot (actor, counter). For each actor the set holds the highest
 * counter it has seen and the payloads of the newest dots, newest first; everything older is known to be overwritten. A
 * context is a set without payloads, so an update is a merge with the context (which drops what the client read and nothing
 * else) and one new dot. The clock grows with the actors, not with the writes or the clients.
 *
 * Source: Almeida, Baquero, Gonçalves, Preguiça, Fonte, "Scalable and Accurate Causality Tracking for Eventually Consistent
 * Stores", DAIS 2014; D-4.4-3, D-4.4-5, D-4.4-7.
 *
 *     body = varint count, count times { ascii actor, varint counter, payloads }
 *            actors ascending; counter 1 or more; at most as many payloads as the counter says
 */
export const dvvset: Versioning = {
  mode: "dvvset",
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

/** One actor's dots 1 to `counter`; of these the newest `values.length` are alive, the newest first. */
interface DvvEntry extends ClockEntry {
  readonly values: readonly Uint8Array[];
}

class DvvSet implements Siblings {
  readonly entries: readonly DvvEntry[];
  #payloads: readonly Uint8Array[] | undefined;
  #clock: Clock | undefined;

  constructor(entries: readonly DvvEntry[]) {
    this.entries = entries;
  }

  get payloads(): readonly Uint8Array[] {
    this.#payloads ??= payloadsOf(this.entries);
    return this.#payloads;
  }

  get clock(): Clock {
    this.#clock ??= new ListedClock(this.entries);
    return this.#clock;
  }
}

function payloadsOf(entries: readonly DvvEntry[]): readonly Uint8Array[] {
  const payloads: Uint8Array[] = [];
  for (const { values } of entries) {
    for (const value of values) {
      payloads.push(value);
    }
  }
  return payloads;
}

const EMPTY = new DvvSet([]);

function update(stored: Siblings, context: Clock, payload: Uint8Array, mint: Mint): Siblings {
  const entries = mergeEntries(entriesOf(stored), coveredBy(context));
  let at = 0;
  for (let entry = entries[at]; entry && entry.actor < mint.actor; entry = entries[at]) at += 1;
  const old = entries[at];
  if (old?.actor === mint.actor) entries[at] = withNewDot(old, payload);
  else entries.splice(at, 0, { actor: mint.actor, counter: 1, values: [payload] });
  return new DvvSet(entries);
}

/** The context as a set without payloads. */
function coveredBy(context: Clock): readonly DvvEntry[] {
  const covered: DvvEntry[] = [];
  for (const [actor, counter] of context) covered.push({ actor, counter, values: NO_PAYLOADS });
  return inOrder(covered);
}

function withNewDot({ actor, counter, values }: DvvEntry, payload: Uint8Array): DvvEntry {
  return { actor, counter: counter + 1, values: [payload, ...values] };
}

function merge(stored: Siblings, received: Siblings): Siblings {
  const left = entriesOf(stored);
  const right = entriesOf(received);
  if (covers(left, right)) {
    return stored;
  }
  if (covers(right, left)) {
    return received;
  }
  return new DvvSet(mergeEntries(left, right));
}

function descends(newer: Siblings, older: Siblings): boolean {
  return covers(entriesOf(newer), entriesOf(older));
}

/** True where merging `older` into `newer` changes nothing: nothing there is unseen, nothing here is dropped there. */
function covers(newer: readonly DvvEntry[], older: readonly DvvEntry[]): boolean {
  let index = 0;
  for (const entry of older) {
    let other = newer[index];
    while (other !== undefined && other.actor < entry.actor) {
      index += 1;
      other = newer[index];
    }
    if (other === undefined || other.actor !== entry.actor) {
      return false;
    }
    if (other.counter < entry.counter || droppedOf(other) < droppedOf(entry)) {
      return false;
    }
    index += 1;
  }
  return true;
}

function mergeEntries(left: readonly DvvEntry[], right: readonly DvvEntry[]): DvvEntry[] {
  const merged: DvvEntry[] = [];
  let rightIndex = 0;
  for (const entry of left) {
    let other = right[rightIndex];
    while (other !== undefined && other.actor < entry.actor) {
      merged.push(other);
      rightIndex += 1;
      other = right[rightIndex];
    }
    if (other !== undefined && other.actor === entry.actor) {
      merged.push(mergeEntry(entry, other));
      rightIndex += 1;
    } else {
      merged.push(entry);
    }
  }
  for (; rightIndex < right.length; rightIndex += 1) {
    merged.push(right[rightIndex] as DvvEntry);
  }
  return merged;
}

/** The side that has seen more dots, less the values that the other side knows to be overwritten. */
function mergeEntry(left: DvvEntry, right: DvvEntry): DvvEntry {
  const [more, less] = left.counter >= right.counter ? [left, right] : [right, left];
  const dropped = Math.max(droppedOf(more), droppedOf(less));
  if (dropped === droppedOf(more)) {
    return more;
  }
  const values = more.values.slice(0, more.counter - dropped);
  return { actor: more.actor, counter: more.counter, values };
}

/** How many of the actor's dots are overwritten: its oldest ones, since a context covers them from 1 on. */
function droppedOf(entry: DvvEntry): number {
  return entry.counter - entry.values.length;
}

function encode(siblings: Siblings): Uint8Array {
  const entries = entriesOf(siblings);
  if (entries.length > CLOCK_ENTRIES_MAX) {
    throw new RangeError(
      `Cannot write a record of ${entries.length} actors: the limit is ${CLOCK_ENTRIES_MAX}`,
    );
  }
  const writer = beginRecord("dvvset", sizeGuess(entries));
  writer.varint(entries.length);
  for (const entry of entries) {
    writeEntry(writer, entry);
  }
  return writer.finish();
}

function writeEntry(writer: Writer, entry: DvvEntry): void {
  writer.ascii(entry.actor);
  writer.varint(entry.counter);
  writePayloads(writer, entry.values);
}

function decode(bytes: Uint8Array, actors?: ActorTable): Siblings {
  const reader = openRecord("dvvset", bytes);
  const count = reader.varint(CLOCK_ENTRIES_MAX);
  if (count * ENTRY_SIZE_BYTES_MIN > reader.remaining) reader.fail(`it has no ${count} actors`);
  const entries = new Array<DvvEntry>(count);
  let last = "";
  for (let index = 0; index < count; index += 1) {
    const entry = readEntry(reader, last, actors);
    entries[index] = entry;
    last = entry.actor;
  }
  reader.end();
  return entries.length === 0 ? EMPTY : new DvvSet(entries);
}

/** Of a length, a counter and a count; so no room is made for entries that the bytes cannot hold. */
const ENTRY_SIZE_BYTES_MIN = 3;

function readEntry(reader: Reader, previous: string, actors: ActorTable | undefined): DvvEntry {
  const actor = readActor(reader, previous, actors);
  const counter = reader.varint();
  const values = readPayloads(reader);
  if (counter === 0 || values.length > counter) {
    reader.fail(`${values.length} versions of ${actor} cannot be among its first ${counter}`);
  }
  return { actor, counter, values };
}

function sizeGuess(entries: readonly DvvEntry[]): number {
  let sizeBytes = 16;
  for (const entry of entries) {
    sizeBytes += entry.actor.length + 16 + payloadRoom(entry.values);
  }
  return sizeBytes;
}

function entriesOf(siblings: Siblings): readonly DvvEntry[] {
  assert(siblings instanceof DvvSet, "Cannot use siblings of another mode as a dvvset");
  return siblings.entries;
}
