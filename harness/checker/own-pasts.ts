import type { CausalAnomaly } from "./causal-anomaly.ts";
import type { KeyVersions } from "./version-graph.ts";

/** A version that is being looked behind. */
interface Visit {
  readonly name: string;
  readonly place: number;
  /** Where it is held, with all above it that come to stand in its part. */
  readonly heldAt: number;
  /** What its writer had read. */
  readonly behind: readonly string[];
  next: number;
  /** The first place that is known to stand behind it, of those whose circle is not known yet. */
  low: number;
}

/**
 * Each version that stands in its own past: its writer had read it, or another whose writer had seen it, directly or through others. A
 * client reads, then draws the version's name, and only then sends the write, so some read on such a circle showed a version, under the very name,
 * that nobody had made. No retry excuses it: a put is sent again under the same operation, context and name, what its first attempt made is not
 * read in between, and whoever reads anew writes under a new name. Nor does it matter how the writes ended, for the reads had come before.
 *
 * What a read shows before its write began, or of a refused write, is left out: that is never written (`causality.ts`), whoever shows it.
 * Circles are the strongly connected parts of the graph, found by Tarjan's algorithm in linear time.
 */
export function ownPasts(key: string, history: KeyVersions): readonly CausalAnomaly[] {
  const found: CausalAnomaly[] = [];
  for (const circle of partsOf(history)) {
    for (const version of circle) {
      const other = readBy(history, version).find((name) => circle.has(name));
      const index = history.versions.get(version)?.endedIndex;
      if (other === undefined || index === undefined) continue;
      found.push({ kind: "own-past", key, version, other, index });
    }
  }
  return found;
}

/** The versions in parts: two are in one where each stands behind the other. Most are alone. */
function partsOf(history: KeyVersions): readonly ReadonlySet<string>[] {
  const parts: ReadonlySet<string>[] = [];
  /** By name: where it comes in the order of visits; infinite once its part is known. */
  const places = new Map<string, number>();
  const held: string[] = [];
  const open: Visit[] = [];
  const visit = (name: string): void => {
    const place = places.size;
    places.set(name, place);
    const heldAt = held.push(name) - 1;
    open.push({ name, place, heldAt, behind: readBy(history, name), next: 0, low: place });
  };
  for (const root of history.versions.keys()) {
    if (!places.has(root)) visit(root);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const name = top.behind[top.next];
      if (name !== undefined) {
        top.next += 1;
        const place = places.get(name);
        if (place === undefined) visit(name);
        else top.low = Math.min(top.low, place);
        continue;
      }
      open.pop();
      const below = open.at(-1);
      if (below !== undefined) below.low = Math.min(below.low, top.low);
      if (top.low < top.place) continue;
      const part = new Set(held.splice(top.heldAt));
      for (const member of part) places.set(member, Number.POSITIVE_INFINITY);
      parts.push(part);
    }
  }
  return parts;
}

/** The versions with writers that the writer of this one had read, as far as these had begun by the end of it and were not refused. */
function readBy({ versions }: KeyVersions, name: string): readonly string[] {
  const version = versions.get(name);
  if (version === undefined) return [];
  return version.saw.filter((seen) => {
    const written = versions.get(seen);
    return (
      written !== undefined && written.outcome !== "fail" && written.begunIndex < version.endedIndex
    );
  });
}
