import type { KeyVersions, ReadVersions, WrittenVersion } from "./version-graph.ts";

/** A read that showed only versions which an acknowledged one must have beaten, although that was there when it began. */
export interface OvertakenRead {
  readonly read: ReadVersions;
  readonly missed: WrittenVersion;
}

/**
 * The reads of a key that missed a write (C14). A write wins for certain against all that ended more than `beatsNs` before it began; if it
 * was acknowledged before a read began, and the quorums of the two have a node in common, the read shows it or what beat it.
 * So it cannot show only what is older. One pass over reads by their beginning beside writes by their end: of the writes that
 * ended before a read the one that began last is the hardest to miss.
 *
 * What is acknowledged is written no more: clients send no write again while an attempt may yet be done, or that would be a later one.
 */
export function findOvertakenReads(
  { reads, versions }: Pick<KeyVersions, "reads" | "versions">,
  beatsNs: number,
): readonly OvertakenRead[] {
  const acknowledged = [...versions.values()]
    .filter(({ outcome }) => outcome === "ok")
    .sort((one, other) => one.endedNs - other.endedNs);
  const found: OvertakenRead[] = [];
  let next = 0;
  let latest: WrittenVersion | undefined;
  for (const read of reads.toSorted((one, other) => one.begunNs - other.begunNs)) {
    for (
      let version = acknowledged[next];
      version !== undefined && version.endedNs < read.begunNs;
      version = acknowledged[next]
    ) {
      if (latest === undefined || version.begunNs > latest.begunNs) latest = version;
      next += 1;
    }
    if (latest !== undefined && newestEndNs(versions, read.saw) + beatsNs < latest.begunNs) {
      found.push({ read, missed: latest });
    }
  }
  return found;
}

/** When the last of these was over; never, where one ended in doubt or is unknown: it may have been written at any time. */
function newestEndNs(versions: KeyVersions["versions"], names: readonly string[]): number {
  return Math.max(
    ...names.map((name) => {
      const version = versions.get(name);
      return version?.outcome === "ok" ? version.endedNs : Number.POSITIVE_INFINITY;
    }),
  );
}
