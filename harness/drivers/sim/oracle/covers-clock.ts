import type { Clock } from "../../../../src/causality/versioning.ts";

/** True where `clock` covers every write that `other` covers. */
export function coversClock(clock: Clock, other: Clock): boolean {
  for (const [actor, counter] of other) {
    if ((clock.get(actor) ?? 0) < counter) return false;
  }
  return true;
}
