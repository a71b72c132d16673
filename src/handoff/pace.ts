/** How fast something may go on: its mean rate, and how much of it may come at once after a rest. */
export interface Pace {
  readonly bytesPerSecond: number;
  /** What a rest lets through at once, as the time that it takes at the mean rate, in milliseconds. */
  readonly burstMs: number;
}

/** The decision about one item, and the state for the next one. */
export interface Passed {
  /** How long the item has to wait, in milliseconds; 0: not at all. */
  readonly waitMs: number;
  /** When everything let through so far is paid for, by the clock that `nowMs` was of. */
  readonly paidUntilMs: number;
}

/**
 * A token bucket written as one moment: until when what was let through is paid for (virtual scheduling, ITU-T I.371, the GCRA).
 * An item goes as soon as no more than a burst is unpaid, then is paid for at the mean rate; so in any time T no more goes than
 * `bytesPerSecond * (T + burstMs)` and one item. Items that wait go in the order in which they asked.
 */
export function pass(
  paidUntilMs: number,
  item: { readonly costBytes: number; readonly nowMs: number },
  { bytesPerSecond, burstMs }: Pace,
): Passed {
  const { costBytes, nowMs } = item;
  const unpaidUntilMs = Math.max(paidUntilMs, nowMs);
  return {
    waitMs: Math.max(0, unpaidUntilMs - burstMs - nowMs),
    paidUntilMs: unpaidUntilMs + (1_000 * costBytes) / bytesPerSecond,
  };
}
