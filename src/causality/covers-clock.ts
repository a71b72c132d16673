import type { Clock, VersioningMode } from "./versioning.ts";
import { isLastWriteWins } from "./versioning.ts";

/**
 * True where everything that `known` covers is covered by `clock`, too: whoever has seen `clock` misses nothing of it. With
 * last write wins a clock is one stamp, and a later one takes the place of every earlier. A clock that was truncated
 * covers less than it did, and of a key whose tombstones were collected nothing is left to cover anything: then the answer may
 * be a needless "no".
 */
export function coversClock(mode: VersioningMode, clock: Clock, known: Clock): boolean {
  if (isLastWriteWins(mode)) return isAsLate(clock, known);
  for (const [actor, counter] of known) {
    if ((clock.get(actor) ?? 0) < counter) return false;
  }
  return true;
}

function isAsLate(clock: Clock, known: Clock): boolean {
  const [[knownActor, knownStamp] = ["", 0]] = known;
  const [[actor, stamp] = ["", 0]] = clock;
  return stamp > knownStamp || (stamp === knownStamp && actor >= knownActor);
}
