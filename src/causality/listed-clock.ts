import type { Actor } from "../base/ids.ts";
import type { ClockEntries, ClockEntry } from "./clock-entries.ts";
import { inOrder } from "./clock-entries.ts";
import type { Clock } from "./versioning.ts";

/**
 * A clock that is the entries themselves, searched as they lie. A write asks the clock of what it found for one actor, a read seals its
 * pairs in their order: a Map made of them for that would cost more than all that is asked of it.
 */
export class ListedClock implements Clock {
  readonly listed: ClockEntries;

  constructor(listed: ClockEntries) {
    this.listed = listed;
  }

  get size(): number {
    return this.listed.length;
  }

  get(actor: Actor): number | undefined {
    return this.#find(actor)?.counter;
  }

  has(actor: Actor): boolean {
    return this.#find(actor) !== undefined;
  }

  forEach(callback: (counter: number, actor: Actor, clock: Clock) => void): void {
    for (const { actor, counter } of this.listed) callback(counter, actor, this);
  }

  *entries(): MapIterator<[Actor, number]> {
    for (const { actor, counter } of this.listed) yield [actor, counter];
  }

  *keys(): MapIterator<Actor> {
    for (const { actor } of this.listed) yield actor;
  }

  *values(): MapIterator<number> {
    for (const { counter } of this.listed) yield counter;
  }

  [Symbol.iterator](): MapIterator<[Actor, number]> {
    return this.entries();
  }

  #find(actor: Actor): ClockEntry | undefined {
    let low = 0;
    let high = this.listed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.listed[middle] as ClockEntry;
      if (entry.actor === actor) return entry;
      if (entry.actor < actor) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }
}

/** The pairs of a clock in canonical form. */
export function clockEntries(clock: Clock): ClockEntries {
  if (clock instanceof ListedClock) return clock.listed;
  const entries: ClockEntry[] = [];
  for (const [actor, counter] of clock) entries.push({ actor, counter });
  return inOrder(entries);
}
