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

type Loss = "replaced" | "earlier" | "concurrent";

/** How far ahead of its own clock a node follows others, unless it is told otherwise (`clockSkewMaxMs`). */
const HYBRID_FOLLOWS_MS = 500;
/** Two clocks without skew may still tell two times within one of their milliseconds. */
const CLOCK_TICK_NS = 2e6;

/** Undefined in modes that keep versions. */
export function checkLwwLoss(
  evidence: Evidence,
  keys: ReadonlyMap<string, KeyVersions>,
  { versioning, beyondBudget, clockSkewMs }: LwwLossOptions,
): LwwLossResult | undefined {
  if (versioning !== "lww" && versioning !== "lww-hybrid") return undefined;
  const counts = { replaced: 0, earlier: 0, concurrent: 0 };
  const worst: Partial<Record<Loss, string>> = {};
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
      counts[loss] += 1;
      worst[loss] ??=
        `version ${version.name} of ${key}, acknowledged at index ${version.endedIndex} by ${version.node}, was lost to ${saw.join(", ") || "nothing"}`;
    }
  }
  const { isSettled, doubts } = settledState(evidence);
  const reasons: string[] = [];
  if (!beyondBudget && clockSkewMs !== undefined && isSettled) {
    const followed = versioning === "lww-hybrid" ? HYBRID_FOLLOWS_MS : 0;
    if (counts.replaced > 0 && clockSkewMs <= followed) {
      reasons.push(
        `${counts.replaced} write(s) lost to what they replaced, with clocks at most ${clockSkewMs} ms apart: ${worst.replaced}.`,
      );
    }
    if (counts.earlier > 0 && clockSkewMs === 0) {
      reasons.push(
        `${counts.earlier} write(s) lost to earlier ones, with clocks that agree: ${worst.earlier}.`,
      );
    }
  }
  const sound = isSettled ? "valid" : "unknown";
  return {
    verdict: reasons.length > 0 ? "invalid" : sound,
    reasons: [...reasons, ...doubts],
    acknowledged,
    lostToReplaced: counts.replaced,
    lostToEarlier: counts.earlier,
    lostToConcurrent: counts.concurrent,
    clockSkewMs: clockSkewMs ?? null,
  };
}

/** What the version gave way to. */
function lossOf(history: KeyVersions, lost: WrittenVersion, saw: readonly string[]): Loss {
  const own = pastOf(history, [lost.name]);
  if (saw.every((name) => own.has(name))) return "replaced";
  const isEarlier = saw.every((name) => {
    const there = history.versions.get(name);
    // What ended in doubt may have been written after its end.
    return there?.outcome === "ok" && there.endedNs + CLOCK_TICK_NS < lost.begunNs;
  });
  return isEarlier ? "earlier" : "concurrent";
}
