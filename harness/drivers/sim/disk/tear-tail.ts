import { assert } from "../../../../src/base/assert.ts";
import type { SeededRandom } from "../../../../src/base/seeded-random.ts";
import type { DiskLog } from "./disk-log.ts";
import { readGroup } from "./log-format.ts";

/**
 * What a crash does to the bytes from `from` on, which hold whole groups: any number of groups is kept, and the first that is
 * not may be there in part. Its end is missing, or, as disks write sectors in any order, a stretch in it.
 */
export function tearTail(log: DiskLog, from: number, random: SeededRandom): void {
  const ends = groupEnds(log, from);
  const keptCount = random.integer(ends.length + 1);
  const keptEnd = ends[keptCount - 1] ?? from;
  const tornEnd = ends[keptCount];
  if (tornEnd === undefined) {
    return;
  }
  const sizeBytes = tornEnd - keptEnd;
  const damage = random.pick(["lost", "cut", "gap"] as const);
  switch (damage) {
    case "lost":
      log.truncate(keptEnd);
      break;
    case "cut":
      log.truncate(keptEnd + 1 + random.integer(sizeBytes - 1));
      break;
    case "gap": {
      log.truncate(tornEnd);
      const gapAt = keptEnd + random.integer(sizeBytes);
      log.clear(gapAt, gapAt + 1 + random.integer(tornEnd - gapAt));
      break;
    }
  }
}

function groupEnds(log: DiskLog, from: number): readonly number[] {
  const ends: number[] = [];
  for (let at = from; at < log.sizeBytes; at = ends.at(-1) ?? at) {
    const group = readGroup(log.contents, at);
    assert(group !== undefined, "Cannot tear the simulated disk: it does not hold whole groups");
    ends.push(group.end);
  }
  return ends;
}
