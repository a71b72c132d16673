import type { KeyVersions } from "./version-graph.ts";
import { whoSawEach } from "./version-graph.ts";

/**
 * By name of a version whose past leads to a name that nobody told: how far back such a walk has to go at least, as the least
 * `endedIndex` of the versions between; infinite where the writer saw such a name himself. So `pastOf` from this version with
 * a smaller or equal `begunIndexMin` comes upon one. Linear: versions are taken from the last that ended to the first, and each hands on once
 * what it leads to.
 */
export function depthsOfUnknown(history: KeyVersions): ReadonlyMap<string, number> {
  const { versions } = history;
  const whoSaw = whoSawEach(history);
  const depths = new Map<string, number>();
  for (const [name, seenBy] of whoSaw) {
    if (versions.has(name)) continue;
    for (const writer of seenBy) depths.set(writer, Number.POSITIVE_INFINITY);
  }
  if (depths.size === 0) return depths;
  const passable = new Set<string>();
  for (const { name, endedIndex } of [...versions.values()].sort(
    (one, other) => other.endedIndex - one.endedIndex,
  )) {
    passable.add(name);
    const open = depths.has(name) ? [name] : [];
    for (let through = open.pop(); through !== undefined; through = open.pop()) {
      for (const writer of whoSaw.get(through) ?? []) {
        if (depths.has(writer)) continue;
        depths.set(writer, endedIndex);
        if (passable.has(writer)) open.push(writer);
      }
    }
  }
  return depths;
}
