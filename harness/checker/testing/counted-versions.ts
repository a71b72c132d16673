import type { KeyVersions } from "../version-graph.ts";

/** The same history, and how often a version of it was looked up by its name, come upon while all are gone through, or asked when it began. */
export function countedVersions({ versions, ...rest }: KeyVersions): {
  readonly history: KeyVersions;
  readonly lookUps: () => number;
} {
  let count = 0;
  const counted = new Map(
    [...versions].map(([name, version]) => [
      name,
      {
        ...version,
        get begunIndex() {
          count += 1;
          return version.begunIndex;
        },
      },
    ]),
  );
  const { get, values } = counted;
  counted.get = (name) => {
    count += 1;
    return get.call(counted, name);
  };
  counted.values = () => {
    count += versions.size;
    return values.call(counted);
  };
  return { history: { ...rest, versions: counted }, lookUps: () => count };
}
