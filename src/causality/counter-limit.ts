import type { Actor } from "../base/ids.ts";
import type { Clock } from "./versioning.ts";

/**
 * The largest counter that is taken from outside, and the last that an actor mints: one less than the largest that any format here
 * carries, so that a write over it can still be written down.
 */
export const COUNTER_MAX = Number.MAX_SAFE_INTEGER - 1;

/** A pair beyond the limit as a reason in an error; undefined where there is none. */
export function counterOverLimit(clock: Clock): string | undefined {
  for (const [actor, counter] of clock) {
    if (counter > COUNTER_MAX) {
      return `the counter of ${actor} is ${counter}, and at most ${COUNTER_MAX} is allowed`;
    }
  }
  return undefined;
}

/** True where the actor's next dot, after all of these clocks, would be beyond the limit: it must not mint any more. */
export function isUsedUp(actor: Actor, clocks: readonly Clock[]): boolean {
  return clocks.some((clock) => (clock.get(actor) ?? 0) >= COUNTER_MAX);
}
