import type { NodeId } from "../base/ids.ts";
import type { Ring } from "./ring.ts";

/** True where a range's first N are the same nodes by both rings, in whatever order, and those to be as well. */
export function hasSameOwners(before: Ring, now: Ring, partition: number, n: number): boolean {
  if (before === now) return true;
  return (
    hasSameReaders(before, now, partition, n) &&
    isSameSet(
      ownersOf(before.next ?? before, partition, n),
      ownersOf(now.next ?? now, partition, n),
    )
  );
}

/** The same of the rings in force alone. */
export function hasSameReaders(before: Ring, now: Ring, partition: number, n: number): boolean {
  return before === now || isSameSet(ownersOf(before, partition, n), ownersOf(now, partition, n));
}

function ownersOf(ring: Ring, partition: number, n: number): readonly NodeId[] {
  return ring.preferenceListOf(partition).slice(0, n);
}

function isSameSet(left: readonly NodeId[], right: readonly NodeId[]): boolean {
  return left.length === right.length && left.every((node) => right.includes(node));
}
