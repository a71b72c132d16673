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
 * The first two need clocks that disagree. Where the run's clocks all told the same time they must not happen; by hybrid clocks
 * the first must not happen either while clocks disagree by no more than those follow. Beyond that they are counted, against the
 * skew that was applied. Nothing is judged where faults may have destroyed all copies of a write.
 */

import type { Plan } from "../run/plan.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";
import { settledState } from "./settled.ts";
import type { KeyVersions, WrittenVersion } from "./version-graph.ts";
import { pastOf } from "./version-graph.ts";

export interface LwwLossResult extends CheckerResult {
  readonly acknowledged: number;
  readonly lostToReplaced: number;
  readonly lostToEarlier: number;
  readonly lostToConcurrent: number;
  /** The most by which two clocks of the run may have differed; null: not known. */
  readonly clockSkewMs: number | null;
}

export interface LwwLossOptions extends Pick<Plan, "versioning" | "beyondBudget"> {
  /** The most by which two nodes' wall clocks may have differed; undefined: not known. */
  readonly clockSkewMs: number | undefined;
}

/** What a version gave way to. */
interface Loss {
  readonly to: "replaced" | "earlier" | "concurrent";
  /** True where all that is there was over before the lost write began, by more than a tick of the clocks. */
  readonly isClear: boolean;
}

/** How far ahead of its own clock a node follows others, unless it is told otherwise (`clockSkewMaxMs`). */
const HYBRID_FOLLOWS_MS = 500;
/** By wall clocks two writes of one millisecond are equal, and the actors decide. */
const CLOCK_TICK_NS = 2e6;

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
  const isAccused = unexplained.length > 0 && !beyondBudget && isSettled;
  const accusation = `${unexplained.length} write(s) lost to what they replaced or to earlier ones, with clocks at most ${clockSkewMs} ms apart: ${unexplained[0]}.`;
  const sound = isSettled ? "valid" : "unknown";
  return {
    verdict: isAccused ? "invalid" : sound,
    reasons: isAccused ? [accusation] : doubts,
    acknowledged,
    lostToReplaced: counts.replaced,
    lostToEarlier: counts.earlier,
    lostToConcurrent: counts.concurrent,
    clockSkewMs: clockSkewMs ?? null,
  };
}

/** True where the run's clocks, or what was concurrent, may have caused it. */
function isExplained({ to, isClear }: Loss, { versioning, clockSkewMs }: LwwLossOptions): boolean {
  if (to === "concurrent" || clockSkewMs === undefined) return true;
  const isFollowed = versioning === "lww-hybrid" && clockSkewMs <= HYBRID_FOLLOWS_MS;
  if (to === "replaced" && isFollowed) return false;
  return clockSkewMs > 0 || !isClear;
}

function lossOf(history: KeyVersions, lost: WrittenVersion, saw: readonly string[]): Loss {
  const own = pastOf(history, [lost.name]);
  const isClear = saw.every((name) => {
    const there = history.versions.get(name);
    // What ended in doubt may have been written after its end.
    return there?.outcome === "ok" && there.endedNs + CLOCK_TICK_NS < lost.begunNs;
  });
  if (saw.every((name) => own.has(name))) return { to: "replaced", isClear };
  return { to: isClear ? "earlier" : "concurrent", isClear };
}
