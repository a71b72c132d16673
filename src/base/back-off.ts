/** What is remembered of an owner whose hints could not be delivered. */
export interface BackOff {
  /** Failed deliveries in a row. */
  readonly failures: number;
  /** Nothing is tried before, by the monotonic clock. */
  readonly untilMs: number;
}

export interface BackOffOptions {
  /** The longest wait after a first failure, in milliseconds; doubled by each one more. */
  readonly firstMs: number;
  /** No wait is longer. */
  readonly maxMs: number;
}

/**
 * The wait after one more failure: doubled each time up to a bound, and a random half of it left out, so that the many
 * holders of one owner's hints do not come back all at once. `chance` is uniform in [0, 1).
 */
export function afterFailure(
  before: BackOff | undefined,
  { nowMs, chance }: { readonly nowMs: number; readonly chance: number },
  { firstMs, maxMs }: BackOffOptions,
): BackOff {
  const failures = (before?.failures ?? 0) + 1;
  const longestMs = Math.min(maxMs, firstMs * 2 ** (failures - 1));
  return { failures, untilMs: nowMs + longestMs * (1 - chance / 2) };
}
