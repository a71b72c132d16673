/*
 * Problem: where the last write wins by wall clocks, a node whose clock is behind loses every write to what a node ahead wrote
 * before, though its client had read that and replaced it (K-14).
 *
 * Sketch: a hybrid logical clock. A time is the wall time in milliseconds and a logical counter, in one number that is compared as
 * such; of equal ones the node decides. A write takes the wall time where that is later than every time the node has seen, in
 * its own writes, in records, in the context of the write; else the least time after those. So what follows from a version
 * is later than it, whatever the clocks say, and times stay near the wall clock. Times that are ahead of the node's own clock by
 * more than a bound are not followed: one broken clock would take all others with it, for as long as it is wrong.
 *
 * Source: Kulkarni, Demirbas, Madappa, Avva, Leone, "Logical Physical Clocks", OPODIS 2014; the bound as there and in
 * CockroachDB's maximum offset. D-6-2, K-14.
 */
/** A hybrid time: wall milliseconds since 1970 times 1,024, plus the logical counter; exact until the year 2248. */
export type HybridTime = number;

const LOGICAL_RANGE = 1_024;
/** A context carries times as counters, and brings none beyond `COUNTER_MAX` back. */
const HYBRID_TIME_MAX = Number.MAX_SAFE_INTEGER - 1;

export interface HybridClockReading {
  /** The node's own wall clock. */
  readonly wallMs: number;
  /** The latest time of the node's own writes and of what it followed; 0 for none. Always followed. */
  readonly last: HybridTime;
  /** Times of others. */
  readonly seen: readonly HybridTime[];
  /** How far ahead of `wallMs` a time of another may be and still be followed. */
  readonly skewMaxMs: number;
}

/** The time of a write. After a counter that is full comes the next millisecond, which is the same number plus one. */
export function nextHybridTime({ wallMs, last, seen, skewMaxMs }: HybridClockReading): HybridTime {
  let latest = last;
  for (const time of seen) {
    if (time > latest && aheadMs(time, wallMs) <= skewMaxMs) latest = time;
  }
  return Math.min(HYBRID_TIME_MAX, Math.max(hybridTimeOf(wallMs), latest + 1));
}

/** The first time of a wall millisecond. */
export function hybridTimeOf(wallMs: number): HybridTime {
  // A time of 0 would mean "nothing seen".
  return Math.max(1, Math.floor(wallMs)) * LOGICAL_RANGE;
}

export function wallMsOf(time: HybridTime): number {
  return Math.floor(time / LOGICAL_RANGE);
}

/** By how much a time is later than a wall clock, in milliseconds. */
export function aheadMs(time: HybridTime, wallMs: number): number {
  return wallMsOf(time) - wallMs;
}
