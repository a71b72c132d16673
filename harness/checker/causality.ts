/*
 * Does the store keep the order of versions that its clients know? (C2; paper 4.4, D-4.4-3, D-4.4-5)
 *
 * Problem. A store may lose a write, or keep one that was replaced, and call it causality: its own clocks say so. Whether they
 * are right only the clients know, who wrote with the context of what they had read.
 * Sketch. Each write names its version, and each read tells the names that it returned. A version is superseded by those
 * whose writers had seen it, directly or through others, and by nothing else. Of the last read of a key (R=N, after all hints
 * were delivered):
 *
 *     false dominance   an acknowledged version is gone, no version there has seen it, and one there is concurrent with it
 *     missing sibling   the same, and nothing is there but what its writer had seen, or nothing at all
 *     false sibling     a version is there beside one that has seen it, or twice; looked for in every read of the run
 *     never written     a version is there that no write had made, or one that was refused for certain; in every read, too
 *     own past          a version was written by who had read it, or what had seen it (`own-pasts.ts`); of every write
 *
 * Each is shown by its smallest witness: the version and the one that stands in its place, beside it, or nothing. Where a
 * version has a name that nobody told (a write that never ended), nothing is said of its key; those for which there is no such write, begun before, were never written.
 *
 * Expected (`expects.ts`): none of them under dvvset. Under merged only false siblings (K-5), with cut clocks more of them
 * (K-8). The paper's clocks and last write wins lose versions (K-1 to K-3, K-14); there the kinds say how. No mode shows what nobody has made.
 */

import type { FinalRead } from "../history/operation.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { CausalAnomaly, CausalAnomalyKind } from "./causal-anomaly.ts";
import { bySeverity, sentenceOf } from "./causal-anomaly.ts";
import type { Evidence } from "./evidence.ts";
import type { ExpectationInput } from "./expects.ts";
import { keepsFalseSiblings } from "./expects.ts";
import { LastingSiblings } from "./lasting-siblings.ts";
import { lostVersions } from "./lost-versions.ts";
import { ownPasts } from "./own-pasts.ts";
import { settledState } from "./settled.ts";
import type { KeyVersions } from "./version-graph.ts";
import { oldestIndexOf, pastOf } from "./version-graph.ts";

export interface CausalityResult extends CheckerResult {
  readonly counts: Readonly<Record<CausalAnomalyKind, number>>;
  /** Reads of the run that returned a version beside one that has seen it. */
  readonly readsWithFalseSiblings: number;
  /** Acknowledged versions. */
  readonly acknowledged: number;
  readonly undecidedKeys: readonly string[];
  readonly examples: readonly CausalAnomaly[];
}

const EXAMPLES_MAX = 20;

/** What a read during the run accuses of, whatever comes later. */
const SHOWN_IN_THE_RUN: ReadonlySet<CausalAnomalyKind> = new Set<CausalAnomalyKind>([
  "false-sibling",
  "never-written",
  "own-past",
]);

export function checkCausality(
  evidence: Evidence,
  keys: ReadonlyMap<string, KeyVersions>,
  plan: Pick<ExpectationInput, "versioning">,
): CausalityResult {
  const anomalies: CausalAnomaly[] = [];
  const undecidedKeys: string[] = [];
  let acknowledged = 0;
  let readsWithFalseSiblings = 0;
  for (const [key, history] of keys) {
    acknowledged += [...history.versions.values()].filter(({ outcome }) => outcome === "ok").length;
    const inReads = falseSiblingsOfReads(key, history);
    readsWithFalseSiblings += inReads.length;
    for (const each of firstOfEach(inReads)) anomalies.push(each);
    const last = evidence.finalReads.get(key);
    for (const each of neverWritten(key, history, last)) anomalies.push(each);
    for (const each of ownPasts(key, history)) anomalies.push(each);
    if (last?.saw === undefined || last.error !== undefined) {
      undecidedKeys.push(key);
      continue;
    }
    const unknown = last.saw.filter((name) => !history.versions.has(name));
    if (unknown.length > 0 && history.unnamed.length > 0) {
      undecidedKeys.push(key);
      continue;
    }
    const end = judgeEnd(key, history, { saw: last.saw, index: last.index });
    if (end === undefined) undecidedKeys.push(key);
    else for (const each of end) anomalies.push(each);
  }
  const counts = {
    "false-dominance": 0,
    "missing-sibling": 0,
    "false-sibling": 0,
    "never-written": 0,
    "own-past": 0,
  };
  for (const { kind } of anomalies) counts[kind] += 1;
  const isAllowed = ({ kind }: CausalAnomaly) =>
    kind === "false-sibling" && keepsFalseSiblings(plan);
  const bad = anomalies.filter((each) => !isAllowed(each)).sort(bySeverity);
  return {
    ...judge(evidence, bad, undecidedKeys),
    counts,
    readsWithFalseSiblings,
    acknowledged,
    undecidedKeys,
    examples: [...bad, ...anomalies.filter(isAllowed)].slice(0, EXAMPLES_MAX),
  };
}

/** What the last read of a key shows, and what it lacks; undefined where a write that never ended may have replaced that. */
function judgeEnd(
  key: string,
  history: KeyVersions,
  { saw, index }: { readonly saw: readonly string[]; readonly index: number },
): readonly CausalAnomaly[] | undefined {
  const shown = new Set(saw);
  const past = pastOf(history, shown);
  const whoSaw = whoSawIt(history, saw);
  const anomalies: CausalAnomaly[] = [];
  const twice = repeatedIn(saw);
  if (twice !== undefined) {
    anomalies.push({ kind: "false-sibling", key, version: twice, other: twice, index });
  }
  for (const version of shown) {
    if (past.has(version) && isWritten(history, version)) {
      anomalies.push({ kind: "false-sibling", key, version, other: whoSaw(version), index });
    }
  }
  const lost = [...history.versions.values()].filter(
    ({ name, outcome }) => outcome === "ok" && !shown.has(name) && !past.has(name),
  );
  const isNamed =
    history.unnamed.length === 0 || [...past].every((name) => history.versions.has(name));
  if (lost.length > 0 && !isNamed) return undefined;
  return [...anomalies, ...lostVersions(key, history, { lost, saw })];
}

function isWritten({ versions }: KeyVersions, name: string): boolean {
  const outcome = versions.get(name)?.outcome;
  return outcome === "ok" || outcome === "info";
}

/** Each version that a read shows and that no write had made by then, where it is first shown. */
function neverWritten(
  key: string,
  { versions, reads, unnamed }: KeyVersions,
  last: FinalRead | undefined,
): readonly CausalAnomaly[] {
  const refused = new Map<string, number>();
  const strange = new Map<string, number>();
  const all = last?.saw === undefined ? reads : [...reads, { saw: last.saw, index: last.index }];
  for (const { saw, index } of all) {
    for (const name of saw) {
      const written = versions.get(name);
      const isMade = written !== undefined && written.outcome !== "fail";
      if (isMade && written.begunIndex < index) continue;
      const found = written === undefined ? strange : refused;
      found.set(name, Math.min(index, found.get(name) ?? index));
    }
  }
  const found = [...refused, ...unexplained(strange, unnamed)];
  return found.map(([version, index]) => ({
    kind: "never-written",
    key,
    version,
    other: undefined,
    index,
  }));
}

/** Of names that nobody told, by where each is first shown, those that no write which never ended can have made by then. */
function unexplained(
  strange: ReadonlyMap<string, number>,
  unnamed: readonly number[],
): readonly (readonly [string, number])[] {
  let next = 0;
  return [...strange]
    .sort(([, one], [, other]) => one - other)
    .filter(([, index]) => {
      const isExplained = (unnamed[next] ?? index) < index;
      if (isExplained) next += 1;
      return !isExplained;
    });
}

/** Tells which of these names has seen one of them, the first; each one's past is walked once at most, however many are asked for. */
function whoSawIt(
  history: KeyVersions,
  names: readonly string[],
): (version: string) => string | undefined {
  let pasts: readonly (readonly [string, ReadonlySet<string>])[] | undefined;
  return (version) => {
    if (pasts === undefined) {
      const oldest = oldestIndexOf(history, names);
      pasts = names.map((name) => [name, pastOf(history, [name], oldest)]);
    }
    return pasts.find(([, past]) => past.has(version))?.[0];
  };
}

/** One for each read that returned a version beside one that has seen it. */
function falseSiblingsOfReads(key: string, history: KeyVersions): readonly CausalAnomaly[] {
  const lasting = new LastingSiblings(history);
  return history.reads.flatMap(({ saw, index }): readonly CausalAnomaly[] => {
    if (saw.length < 2) return [];
    const twice = repeatedIn(saw);
    if (twice !== undefined) {
      return [{ kind: "false-sibling", key, version: twice, other: twice, index }];
    }
    const found = lasting.falseSiblingIn(saw);
    return found === undefined ? [] : [{ kind: "false-sibling", key, ...found, index }];
  });
}

/** The first name that stands there a second time: one write, kept as two versions. */
function repeatedIn(saw: readonly string[]): string | undefined {
  if (new Set(saw).size === saw.length) return undefined;
  return saw.find((name, position) => saw.indexOf(name) < position);
}

/** A version that many reads show is one anomaly. */
function firstOfEach(anomalies: readonly CausalAnomaly[]): readonly CausalAnomaly[] {
  const first = new Map<string, CausalAnomaly>();
  for (const anomaly of anomalies) {
    if (!first.has(anomaly.version)) first.set(anomaly.version, anomaly);
  }
  return [...first.values()];
}

function judge(
  evidence: Evidence,
  bad: readonly CausalAnomaly[],
  undecidedKeys: readonly string[],
): CheckerResult {
  const { isSettled, doubts: unsettled } = settledState(evidence);
  const doubts = [...unsettled];
  if (undecidedKeys.length > 0) {
    doubts.push(
      `Of ${undecidedKeys.length} key(s) it is not known which versions are there, the first is ${undecidedKeys[0]}.`,
    );
  }
  const [first] = bad;
  if (first === undefined)
    return { verdict: doubts.length === 0 ? "valid" : "unknown", reasons: doubts };
  const sentence = `${bad.length} version(s) against the order that clients know; the first: ${sentenceOf(first)}`;
  const isCertain = isSettled || bad.some(({ kind }) => SHOWN_IN_THE_RUN.has(kind));
  return { verdict: isCertain ? "invalid" : "unknown", reasons: [sentence, ...doubts] };
}
