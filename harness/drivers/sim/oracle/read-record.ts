import type { Reader } from "../../../../src/base/binary.ts";
import type { Actor } from "../../../../src/base/ids.ts";
import { CLOCK_ENTRIES_MAX, clockOf, readActor } from "../../../../src/causality/clock-entries.ts";
import {
  openRecord,
  PAYLOAD_SIZE_BYTES_MAX,
  readPayloads,
} from "../../../../src/causality/record-format.ts";
import type { TimedEntries } from "../../../../src/causality/timed-clock.ts";
import { readTimedClock } from "../../../../src/causality/timed-clock.ts";
import type { ActorTable, Clock, VersioningMode } from "../../../../src/causality/versioning.ts";
import { decodeOperations } from "../../../../src/protocol/payload.ts";
import { byteString } from "../../../../src/storage/byte-strings.ts";

/** What stands in a record, as far as its bytes say it. */
export interface RecordContent {
  /** Everything the record has seen. In `lww` and `lww-hybrid` the counter is the stamp. */
  readonly clock: Clock;
  readonly versions: readonly StoredVersion[];
}

export interface StoredVersion {
  /** The payload's bytes, one character each. */
  readonly payload: string;
  /** The write's operation, likewise; read where the record says dots alone (dvvset). */
  readonly operation?: string | undefined;
  /** The write's own dot; undefined where the record does not say it (merged) or says a whole clock. */
  readonly dot: { readonly actor: Actor; readonly counter: number } | undefined;
  /** The version's own clock, where it has one (the paper's clocks). */
  readonly clock: Clock | undefined;
}

/**
 * Reads a record by its grammar, without the node's rules of versioning: those are what is judged, and dots, which
 * nobody else needs, are seen here. Throws FormatError.
 */
export function readRecord(
  mode: VersioningMode,
  record: Uint8Array,
  texts: Texts = { textOf: byteString },
): RecordContent {
  const reader = openRecord(mode, record);
  const content = READERS[mode](reader, texts);
  reader.end();
  return content;
}

/** Bytes as a text of one character a byte. */
export type TextOf = (payload: Uint8Array) => string;

/** What the texts in a record are made by. */
export interface Texts {
  /** For payloads. */
  readonly textOf: TextOf;
  readonly actors?: ActorTable | undefined;
}

type Read = (reader: Reader, texts: Texts) => RecordContent;

const READERS: Readonly<Record<VersioningMode, Read>> = {
  dvvset: readDotted,
  merged: readMerged,
  "vector-clock": readClocked,
  "vector-clock-max": readClocked,
  lww: readLast,
  "lww-hybrid": readLast,
};

function readDotted(reader: Reader, { textOf, actors }: Texts): RecordContent {
  const clock = new Map<Actor, number>();
  const versions: StoredVersion[] = [];
  const count = reader.varint(CLOCK_ENTRIES_MAX);
  let previous = "";
  for (let index = 0; index < count; index += 1) {
    const actor = readActor(reader, previous, actors);
    previous = actor;
    const counter = reader.varint();
    clock.set(actor, counter);
    // The newest first, without a gap.
    let dotCounter = counter;
    for (const payload of readPayloads(reader)) {
      const dot = { actor, counter: dotCounter };
      const operation = operationOf(payload);
      versions.push({ payload: textOf(payload), operation, dot, clock: undefined });
      dotCounter -= 1;
    }
  }
  return { clock, versions };
}

function operationOf(payload: Uint8Array): string | undefined {
  const { own } = decodeOperations(payload);
  return own === undefined ? undefined : byteString(own);
}

function readMerged(reader: Reader, { textOf, actors }: Texts): RecordContent {
  const clock = clockOf(readTimedClock(reader, actors));
  const versions = readPayloads(reader).map((payload) => ({
    payload: textOf(payload),
    dot: undefined,
    clock: undefined,
  }));
  return { clock, versions };
}

function readClocked(reader: Reader, { textOf, actors }: Texts): RecordContent {
  const joined = new Map<Actor, number>();
  const versions: StoredVersion[] = [];
  const count = reader.varint(CLOCK_ENTRIES_MAX);
  for (let index = 0; index < count; index += 1) {
    const entries: TimedEntries = readTimedClock(reader, actors);
    for (const { actor, counter } of entries) {
      joined.set(actor, Math.max(counter, joined.get(actor) ?? 0));
    }
    const payload = textOf(reader.bytes(PAYLOAD_SIZE_BYTES_MAX));
    versions.push({ payload, dot: undefined, clock: clockOf(entries) });
  }
  return { clock: joined, versions };
}

function readLast(reader: Reader, { textOf, actors }: Texts): RecordContent {
  const clock = new Map<Actor, number>();
  if (reader.u8() === 0) {
    return { clock, versions: [] };
  }
  const actor = readActor(reader, "", actors);
  const stamp = reader.varint();
  clock.set(actor, stamp);
  const payload = textOf(reader.bytes(PAYLOAD_SIZE_BYTES_MAX));
  return { clock, versions: [{ payload, dot: { actor, counter: stamp }, clock: undefined }] };
}
