import type { Ring, RingStamp } from "./ring.ts";

/**
 * The ring as nodes go by it while a change is open: the same owners, those to be, and a stamp of both and of the change, so that whoever does
 * not know of it is refused. Throws RangeError for tables of other numbers of ranges: keys would fall into two.
 */
export function ringUnderChange(ring: Ring, next: Ring, stamp: RingStamp): Ring {
  const { nodes, owners, partitionCount, placement } = ring;
  if (next.partitionCount !== partitionCount) {
    throw new RangeError(
      `Cannot change a ring: it has ${partitionCount} ranges, and the next one ${next.partitionCount}`,
    );
  }
  return {
    stamp,
    nodes,
    owners,
    partitionCount,
    placement,
    next,
    partitionOf: (key) => ring.partitionOf(key),
    preferenceList: (key) => ring.preferenceList(key),
    preferenceListOf: (partition) => ring.preferenceListOf(partition),
  };
}
