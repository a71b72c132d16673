/** The decision about one item, and the state for the next one. */
export interface Passed {
  /** How long the item has to wait, in milliseconds; 0: not at all. */
  readonly waitMs: number;
  /** When everything let through so far is paid for, by the clock that `nowMs` was of. */
  readonly paidUntilMs: number;
}

/**
 * A token bucket written as one moment: until when what was let through is paid for (virtual scheduling, ITU-T I.371, the GCRA).
 * An item costs the time that it takes at the mean rate. It goes as soon as no more than `burstMs` is unpaid; so in any time T no
 * more goes than what T and a burst pay for, and one item. Items that wait go in the order in which they asked.
 */
export function pass(
  paidUntilMs: number,
  item: { readonly costMs: number; readonly nowMs: number },
  burstMs: number,
): Passed {
  const { costMs, nowMs } = item;
  const unpaidUntilMs = Math.max(paidUntilMs, nowMs);
  return {
    waitMs: Math.max(0, unpaidUntilMs - burstMs - nowMs),
    paidUntilMs: unpaidUntilMs + costMs,
  };
}
