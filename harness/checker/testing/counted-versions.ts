import type { KeyVersions } from "../version-graph.ts";

/** The same history, and how often a version of it was looked up by its name. */
export function countedVersions({ versions, ...rest }: KeyVersions): {
  readonly history: KeyVersions;
  readonly lookUps: () => number;
} {
  let count = 0;
  const counted = new Map(versions);
  counted.get = (name) => {
    count += 1;
    return versions.get(name);
  };
  return { history: { ...rest, versions: counted }, lookUps: () => count };
}
