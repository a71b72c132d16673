import { fitsContext } from "../causality/context-token.ts";
import type { Clock, VersioningMode } from "../causality/versioning.ts";
import { DynamoError } from "../protocol/errors.ts";

/**
 * How much one key may hold (D-2.1-2). Every answer, message and merge of the key carries all of its versions, so siblings that
 * nobody reconciles make it slow for everybody (K-24).
 *
 * At the limit a write that would add one more version is refused, definitely and before anything is written. That
 * contradicts "always writable" (D-2.3-1), knowingly: the alternatives are to drop versions that were acknowledged, or
 * to grow until nothing can be read any more. A write whose context replaces versions never adds one and always goes
 * through, so a client that reads first is never refused; and what replicas send each other is merged whatever it comes to,
 * so nothing that was acknowledged is dropped.
 */
export interface RecordLimits {
  /** From so many versions on, or bytes of a record, the node warns. */
  readonly siblingsWarn: number;
  readonly recordBytesWarn: number;
  /** No write may add a version beyond so many, or to a record of more bytes. */
  readonly siblingsMax: number;
  readonly recordBytesMax: number;
  /** A clock of more pairs than this raises an alarm: where only a key's own nodes coordinate it has N (D-4.4-9). */
  readonly clockEntriesMax: number;
}

/** Riak's bounds of siblings and objects, and the paper's threshold of clocks. */
export const RECORD_LIMITS: RecordLimits = {
  siblingsWarn: 25,
  recordBytesWarn: 5 * 1_024 * 1_024,
  siblingsMax: 100,
  recordBytesMax: 50 * 1_024 * 1_024,
  clockEntriesMax: 10,
};

/** What a record comes to. */
export interface RecordSize {
  readonly siblings: number;
  readonly recordBytes: number;
}

/** Throws DynamoError too-many-siblings where a write that leaves `after` must not add to the versions there were. */
export function checkLimits(
  siblingsBefore: number,
  { siblings, recordBytes }: RecordSize,
  { siblingsMax, recordBytesMax }: RecordLimits,
): void {
  if (siblings <= siblingsBefore || siblings === 1) return;
  if (siblings > siblingsMax) {
    refuse(`it has ${siblingsBefore} versions, and at most ${siblingsMax} are kept`);
  }
  if (recordBytes > recordBytesMax) {
    refuse(`its versions would take ${recordBytes} bytes, and at most ${recordBytesMax} are kept`);
  }
}

/**
 * Throws DynamoError clock-too-long where a write must not make a clock so long, since no context could be handed out for it. A pair
 * more costs room that the counters of the pairs there are may need, so that nodes which have one go on when others no longer begin
 * one. They go on, too, where merges have made the clock too long already: an older context still replaces what it covers.
 */
export function checkClock(before: Clock, after: Clock, write: ClockWrite): void {
  if (mayMakeClock(before, after, write)) return;
  throw new DynamoError(
    "clock-too-long",
    `Cannot write the key here: its clock of ${after.size} actors would not fit a context any more`,
  );
}

export interface ClockWrite {
  readonly mode: VersioningMode;
  /** Whoever mints has no pair in the clock before. */
  readonly isFreshActor: boolean;
}

/** The rule of `checkClock`: whether a write may make such a clock. */
export function mayMakeClock(
  before: Clock,
  after: Clock,
  { mode, isFreshActor }: ClockWrite,
): boolean {
  if (fitsContext(after, mode, isFreshActor ? COUNTER_ROOM_BYTES : 0)) return true;
  return !isFreshActor && !fitsContext(before, mode);
}

/** Counters grow by a byte each time that they are multiplied by 128. */
const COUNTER_ROOM_BYTES = 1_024;

export function isLarge({ siblings, recordBytes }: RecordSize, limits: RecordLimits): boolean {
  return siblings >= limits.siblingsWarn || recordBytes >= limits.recordBytesWarn;
}

function refuse(reason: string): never {
  throw new DynamoError(
    "too-many-siblings",
    `Cannot add a version to the key: ${reason}; read it and write with the context, which replaces what was read`,
  );
}
