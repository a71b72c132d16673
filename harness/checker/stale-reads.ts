/*
 * Does a read show what was acknowledged before it began, where quorums meet? (C2; D-4.5-4)
 *
 * Problem. With strict quorums and R + W > N each read asks one node at least that has each acknowledged write. A store whose R
 * asks nobody looks right in the end, when all N are read: only the reads in between can tell.
 * Sketch. Each read shows every version acknowledged before it began, or one whose writer had seen that, directly or through
 * others. Views are reads, and so are those that adds and removes begin with. What is acknowledged while a read is under way
 * it may show or not; what ended in doubt it may miss for ever. Where the versions that it shows lead to a name that nobody told (a write
 * that never ended), that write may have seen what is missing: such reads accuse nobody, and leave the run unknown.
 *
 * Which versions are looked for, and how that takes near linear time: `acknowledged-heads.ts`.
 *
 * Nothing is judged where quorums are sloppy or too small to meet, or where faults may take data from a node: within the budget a write
 * has a copy left then, but not with every R nodes. Nor in modes that lose versions by design (`lww-loss.ts` holds reads to clocks). Carts never
 * ask for "at least this", so no answer is marked stale (`X-Dynamo-Stale`), and the mark would excuse none: it speaks of a session, not of quorums.
 */

import type { Plan } from "../run/plan.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { MissedVersion } from "./acknowledged-heads.ts";
import { AcknowledgedHeads } from "./acknowledged-heads.ts";
import type { KeyVersions, ReadVersions } from "./version-graph.ts";

export interface StaleRead {
  readonly key: string;
  /** Names that the read returned. */
  readonly saw: readonly string[];
  /** Of its completion. */
  readonly index: number;
  /** The first version that it missed. */
  readonly missed: string;
  /** Of the acknowledgement of that one. */
  readonly missedIndex: number;
}

export interface StaleReadsResult extends CheckerResult {
  /** Reads whose versions have names; null: not judged. */
  readonly reads: number | null;
  /** Those that missed an acknowledged version; null: not judged. */
  readonly stale: number | null;
  /** Those that missed one which a write that never ended may have replaced; null: not judged. */
  readonly undecided: number | null;
  readonly examples: readonly StaleRead[];
}

export interface StaleReadsOptions extends Pick<Plan, "versioning"> {
  /** True where each read must meet each write acknowledged before it: strict quorums, R + W > N, and no fault that takes data. */
  readonly quorumsMeet: boolean;
}

const EXAMPLES_MAX = 20;

/** Undefined in modes that lose versions. */
export function checkStaleReads(
  keys: ReadonlyMap<string, KeyVersions>,
  { versioning, quorumsMeet }: StaleReadsOptions,
): StaleReadsResult | undefined {
  if (versioning !== "dvvset" && versioning !== "merged") return undefined;
  if (!quorumsMeet) {
    return {
      verdict: "valid",
      reasons: [],
      reads: null,
      stale: null,
      undecided: null,
      examples: [],
    };
  }
  let reads = 0;
  const stale: StaleRead[] = [];
  const undecided: StaleRead[] = [];
  for (const [key, history] of keys) {
    reads += history.reads.length;
    for (const { read, missed, isCertain } of readsThatMissed(history)) {
      const { saw, index } = read;
      const found = { key, saw, index, missed: missed.name, missedIndex: missed.endedIndex };
      (isCertain ? stale : undecided).push(found);
    }
  }
  const isValid = stale.length === 0 && undecided.length === 0;
  return {
    verdict: isValid ? "valid" : stale.length === 0 ? "unknown" : "invalid",
    reasons: [
      ...told(stale, "missed a version acknowledged before they began"),
      ...told(undecided, "missed one that a write which never ended may have replaced"),
    ],
    reads,
    stale: stale.length,
    undecided: undecided.length,
    examples: stale.slice(0, EXAMPLES_MAX),
  };
}

/** One sentence with the first of them in the history; none where there are none. Sorts them. */
function told(reads: StaleRead[], what: string): readonly string[] {
  const [first] = reads.sort((one, other) => one.index - other.index);
  if (first === undefined) return [];
  const { key, saw, index, missed, missedIndex } = first;
  const shown = saw.join(", ") || "nothing";
  return [
    `${reads.length} read(s) ${what}; the first at index ${index} of ${key} showed ${shown} and not ${missed}, acknowledged at index ${missedIndex}.`,
  ];
}

interface MissedRead extends MissedVersion {
  readonly read: ReadVersions;
}

/** One pass over the reads by their beginning, beside the writes by their end. */
function readsThatMissed(history: KeyVersions): readonly MissedRead[] {
  const acknowledged = [...history.versions.values()]
    .filter(({ outcome }) => outcome === "ok")
    .sort((one, other) => one.endedNs - other.endedNs);
  const heads = new AcknowledgedHeads(history);
  const found: MissedRead[] = [];
  let next = 0;
  for (const read of history.reads.toSorted((one, other) => one.begunNs - other.begunNs)) {
    for (
      let version = acknowledged[next];
      version !== undefined && version.endedNs < read.begunNs;
      version = acknowledged[next]
    ) {
      heads.add(version);
      next += 1;
    }
    const missing = heads.missingIn(read.saw);
    if (missing !== undefined) found.push({ read, ...missing });
  }
  return found;
}
