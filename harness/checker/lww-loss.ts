/*
 * What last write wins loses, and whether the clocks explain it (C14; D-6-2, K-14).
 *
 * Problem. A store without versions loses acknowledged writes by design: of concurrent ones all but one, and with wrong clocks
 * later ones too. So a loss alone says nothing about the store; which loss does.
 * Sketch. Of each acknowledged version that is gone in the end and that no writer of what is there had seen:
 *
 *     to what it replaced   what is there was seen by its own writer: an older version came back
 *     to an earlier one     what is there was acknowledged before its writer began
 *     to a concurrent one   anything else: somebody had to lose
 *
 * The first two need clocks that disagree, and by enough: a write that began `gap` after another was acknowledged loses to it only
 * where their coordinators' clocks were that far apart. So no loss may have a gap above the most by which the run's clocks differed,
 * however wrong they were; what is below is counted. By hybrid clocks a version never comes back over what replaced it, while
 * clocks disagree by no more than those follow.
 *
 * The end does not show what a later write covered up. Where quorums meet strictly and no fault takes data, each read in between is
 * held to the same bound: it shows every write acknowledged before it began, or one that beats it (`overtaken-reads.ts`). Nothing is
 * judged where faults may have destroyed all copies of a write.
 *
 * All of this takes two things for granted. An acknowledged write is not made again later: in these modes clients do not retry in doubt
 * (`run/stores.ts`), nor does the router. And nobody sets the wall clock of a machine during a run, other than as a fault: the
 * history has monotonic times and cannot tell. So an accusation names the bound of the clocks on which it stands.
 */

import type { Plan } from "../run/plan.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";
import { findOvertakenReads } from "./overtaken-reads.ts";
import { settledState } from "./settled.ts";
import type { KeyVersions, WrittenVersion } from "./version-graph.ts";
import { pastOf } from "./version-graph.ts";

export interface LwwLossResult extends CheckerResult {
  readonly acknowledged: number;
  readonly lostToReplaced: number;
  readonly lostToEarlier: number;
  readonly lostToConcurrent: number;
  /** Reads that showed only what an acknowledged write must have beaten; null: not judged. */
  readonly overtakenReads: number | null;
  /** The most by which two clocks of the run may have differed; null: not known. */
  readonly clockSkewMs: number | null;
}

export interface LwwLossOptions extends Pick<Plan, "versioning" | "beyondBudget"> {
  /** The most by which two nodes' wall clocks may have differed; undefined: not known. */
  readonly clockSkewMs: number | undefined;
  /** True where each read must meet each write acknowledged before it: strict quorums, R + W > N, and no fault that takes data. */
  readonly quorumsMeet: boolean;
}

/** What a version gave way to. */
interface Loss {
  readonly to: "replaced" | "earlier" | "concurrent";
  /** How long before the lost write began all that is there was over; below 0 where not all of it certainly was. */
  readonly gapNs: number;
}

/** How far ahead of its own clock a node follows others, unless it is told otherwise (`clockSkewMaxMs`). */
const HYBRID_FOLLOWS_MS = 500;
/** Undefined in modes that keep versions. */
export function checkLwwLoss(
  evidence: Evidence,
  keys: ReadonlyMap<string, KeyVersions>,
  options: LwwLossOptions,
): LwwLossResult | undefined {
  const { versioning, beyondBudget, clockSkewMs } = options;
  if (versioning !== "lww" && versioning !== "lww-hybrid") return undefined;
  const counts = { replaced: 0, earlier: 0, concurrent: 0 };
  const unexplained: string[] = [];
  let acknowledged = 0;
  for (const [key, history] of keys) {
    const saw = evidence.finalReads.get(key)?.saw;
    const written = [...history.versions.values()].filter(({ outcome }) => outcome === "ok");
    acknowledged += written.length;
    if (saw === undefined || saw.some((name) => !history.versions.has(name))) continue;
    const kept = pastOf(history, saw).union(new Set(saw));
    for (const version of written) {
      if (kept.has(version.name)) continue;
      const loss = lossOf(history, version, saw);
      counts[loss.to] += 1;
      if (isExplained(loss, options)) continue;
      unexplained.push(
        `version ${version.name} of ${key}, acknowledged at index ${version.endedIndex} by ${version.node}, was lost to ${saw.join(", ") || "nothing"}`,
      );
    }
  }
  const { isSettled, doubts } = settledState(evidence);
  const accusations: string[] = [];
  const clocks = `clocks at most ${clockSkewMs} ms apart if nobody set them meanwhile`;
  if (unexplained.length > 0 && isSettled) {
    accusations.push(
      `${unexplained.length} write(s) lost to what they replaced or to earlier ones, with ${clocks}: ${unexplained[0]}.`,
    );
  }
  const overtaken = overtakenOf(keys, options);
  if (overtaken !== undefined && overtaken.length > 0) {
    accusations.push(
      `${overtaken.length} read(s) missed an acknowledged write, with ${clocks}: ${overtaken[0]}.`,
    );
  }
  const isAccused = accusations.length > 0 && !beyondBudget;
  const sound = isSettled ? "valid" : "unknown";
  return {
    verdict: isAccused ? "invalid" : sound,
    reasons: isAccused ? accusations : doubts,
    acknowledged,
    lostToReplaced: counts.replaced,
    lostToEarlier: counts.earlier,
    lostToConcurrent: counts.concurrent,
    overtakenReads: overtaken?.length ?? null,
    clockSkewMs: clockSkewMs ?? null,
  };
}

/** Of all keys, each as a sentence; undefined where nobody can know. */
function overtakenOf(
  keys: ReadonlyMap<string, KeyVersions>,
  { quorumsMeet, clockSkewMs }: LwwLossOptions,
): readonly string[] | undefined {
  if (!quorumsMeet || clockSkewMs === undefined) return undefined;
  return [...keys].flatMap(([key, history]) =>
    findOvertakenReads(history, beatsNs(clockSkewMs)).map(
      ({ read, missed }) =>
        `the read at index ${read.index} of ${key} showed ${read.saw.join(", ") || "nothing"} and not ${missed.name}, acknowledged at index ${missed.endedIndex}`,
    ),
  );
}

/** True where the run's clocks, or what was concurrent, may have caused it. */
function isExplained({ to, gapNs }: Loss, { versioning, clockSkewMs }: LwwLossOptions): boolean {
  if (to === "concurrent" || clockSkewMs === undefined) return true;
  const isFollowed = versioning === "lww-hybrid" && clockSkewMs <= HYBRID_FOLLOWS_MS;
  if (to === "replaced" && isFollowed) return false;
  return gapNs <= beatsNs(clockSkewMs);
}

function lossOf(history: KeyVersions, lost: WrittenVersion, saw: readonly string[]): Loss {
  const own = pastOf(history, [lost.name]);
  const ends = saw.map((name) => {
    const there = history.versions.get(name);
    // What ended in doubt may have been written after its end.
    return there?.outcome === "ok" ? there.endedNs : Number.POSITIVE_INFINITY;
  });
  const lastEndNs = ends.reduce((last, end) => Math.max(last, end), Number.NEGATIVE_INFINITY);
  const gapNs = lost.begunNs - lastEndNs;
  if (saw.every((name) => own.has(name))) return { to: "replaced", gapNs };
  return { to: gapNs > CLOCK_TICK_NS ? "earlier" : "concurrent", gapNs };
}

/** A write that begins so much later than another has ended beats it. */
function beatsNs(clockSkewMs: number): number {
  return clockSkewMs * 1e6 + CLOCK_TICK_NS;
}

/** By wall clocks two writes of one millisecond are equal, and the actors decide. */
const CLOCK_TICK_NS = 2e6;
