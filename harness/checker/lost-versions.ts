import type { CausalAnomaly } from "./causal-anomaly.ts";
import type { KeyVersions, WrittenVersion } from "./version-graph.ts";
import { followersOf, whoSawEach } from "./version-graph.ts";

/** A version at the end that a lost one had not seen, so that it may be what the store put in its place. */
interface Rival {
  readonly name: string;
  /** In the history, from the beginning of the one to that of the other. */
  readonly distance: number;
}

/**
 * What stands in the place of each lost version, of the names that the last read shows (`saw`): the one begun nearest to it that it had not
 * seen, or else the first, which it had. Who has seen a name is found out once for all that are lost: a store that loses a whole cart
 * loses thousands, and a walk through the past of each took 18 s for 20,000 operations.
 */
export function lostVersions(
  key: string,
  history: KeyVersions,
  { lost, saw }: { readonly lost: readonly WrittenVersion[]; readonly saw: readonly string[] },
): readonly CausalAnomaly[] {
  const nearest = nearestRivals(history, lost, saw);
  return lost.map(({ name: version, endedIndex: index }) => {
    const rival = nearest.get(version);
    return rival === undefined
      ? { kind: "missing-sibling", key, version, other: saw[0], index }
      : { kind: "false-dominance", key, version, other: rival.name, index };
  });
}

/** By name of a lost version that has any. One name at a time, since followers may be as many as versions. */
function nearestRivals(
  history: KeyVersions,
  lost: readonly WrittenVersion[],
  saw: readonly string[],
): ReadonlyMap<string, Rival> {
  const nearest = new Map<string, Rival>();
  if (lost.length === 0) return nearest;
  const whoSaw = whoSawEach(history);
  for (const name of new Set(saw)) {
    const followers = followersOf(name, whoSaw);
    const begunIndex = history.versions.get(name)?.begunIndex ?? 0;
    for (const version of lost) {
      if (followers?.has(version.name) === true) continue;
      const distance = Math.abs(begunIndex - version.begunIndex);
      const best = nearest.get(version.name)?.distance ?? Number.POSITIVE_INFINITY;
      if (distance < best) nearest.set(version.name, { name, distance });
    }
  }
  return nearest;
}
