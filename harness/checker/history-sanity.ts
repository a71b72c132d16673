/*
 * What every other checker takes for granted. Where it does not hold, nothing else that is said about the history counts.
 */

import { ADD, VIEW } from "../history/cart-operation.ts";
import type { HistoryLine } from "../history/operation.ts";
import type { Pair } from "../history/pairs.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Carts } from "./cart-items.ts";
import type { Evidence } from "./evidence.ts";

const REASONS_MAX = 20;

/**
 * Processes are sequential, indices gapless, times monotonic, intended starts no later than real ones, values and names of versions as they
 * must be, clients are at rest from the moment on at which the cluster is said to be, and what is read from then on is read once.
 */
export function checkHistorySanity(evidence: Evidence, carts: Carts): CheckerResult {
  const { lines, pairs, pairProblems } = evidence;
  const reasons = [
    ...pairProblems,
    ...carts.problems,
    ...restlessClients(evidence),
    ...readAgain(evidence),
  ];
  let lastNs = 0;
  for (let position = 0; position < lines.length && reasons.length < REASONS_MAX; position++) {
    const line = lines[position];
    if (line === undefined || line.index !== position) {
      reasons.push(`The line at position ${position} has index ${line?.index}.`);
      break;
    }
    if (line.timeNs < lastNs) {
      reasons.push(`Time goes back from ${lastNs} ns to ${line.timeNs} ns at index ${line.index}.`);
    }
    lastNs = line.timeNs;
    if (line.type === "final-read" && line.saw !== undefined && line.saw.length !== line.versions) {
      reasons.push(
        `The final read at index ${line.index} names ${line.saw.length} of ${line.versions} versions.`,
      );
    }
  }
  const writers = new Map<string, number>();
  const isNamed = pairs.some(({ completion }) => completion?.wrote !== undefined);
  for (const pair of pairs) {
    if (reasons.length >= REASONS_MAX) break;
    for (const problem of operationProblems(pair, { writers, isNamed })) reasons.push(problem);
  }
  return { verdict: reasons.length === 0 ? "valid" : "unknown", reasons };
}

/**
 * A write that began or was acknowledged after the cluster had settled may have come after the final read, which would be accused of
 * missing it, and a remove would excuse a loss. What ended in doubt may be told of as late as one likes.
 */
function restlessClients({ lines, settled }: Evidence): readonly string[] {
  if (settled?.name !== "quiesced") return [];
  const late = lines.filter(({ index, type }) => index > settled.index && AT_WORK.has(type));
  const [first] = late;
  if (first === undefined) return [];
  return [
    `${late.length} line(s) tell of clients at work after the cluster was quiet (index ${settled.index}); the first is at index ${first.index}.`,
  ];
}

/**
 * Of two reads of one thing at the end the later one is judged, and would hide what the earlier one showed; so it is with hash trees, which
 * are told once more where all nodes crash at the end.
 */
function readAgain({ lines, settled }: Evidence): readonly string[] {
  const settledIndex = settled?.index ?? Number.POSITIVE_INFINITY;
  const seen = new Set<string>();
  const again: string[] = [];
  for (const line of lines) {
    const what = whatWasRead(line, settledIndex);
    if (what === undefined) continue;
    const name = JSON.stringify([line.type, what]);
    if (seen.has(name))
      again.push(`The ${line.type} of ${what} at index ${line.index} is not the only one.`);
    seen.add(name);
  }
  return again.slice(0, REASONS_MAX);
}

/** What a line at the end tells of; undefined where it is none, or failed. */
function whatWasRead(line: HistoryLine, settledIndex: number): string | undefined {
  switch (line.type) {
    case "final-read":
      return line.error === undefined ? line.key : undefined;
    case "replica-read":
      return line.error === undefined ? `${line.key} on ${line.node}` : undefined;
    case "tree-roots":
      return line.error === undefined && line.index > settledIndex ? line.node : undefined;
    default:
      return undefined;
  }
}

const AT_WORK: ReadonlySet<string> = new Set(["invoke", "ok", "fail"]);

interface Names {
  /** Who wrote each version so far, by the name and key of the version; the one of this operation comes to them. */
  readonly writers: Map<string, number>;
  /** True where clients name the versions that they write. */
  readonly isNamed: boolean;
}

function operationProblems(
  { invocation, completion }: Pair,
  { writers, isNamed }: Names,
): readonly string[] {
  const problems: string[] = [];
  if (invocation.intendedNs > invocation.timeNs) {
    problems.push(`The operation at index ${invocation.index} began before its intended start.`);
  }
  if (completion === undefined) return problems;
  const { f, key, type, value, index, wrote, saw, versions } = completion;
  // Whoever reads its version would show one that nobody wrote.
  if (isNamed && f !== VIEW && type === "ok" && wrote === undefined) {
    problems.push(`The ${f} at index ${index} does not name the version that it wrote.`);
  }
  if (f === ADD && value !== invocation.value) {
    problems.push(`The add at index ${index} ended with another item than it began with.`);
  }
  if (saw !== undefined && versions !== undefined && saw.length !== versions) {
    problems.push(`The ${f} at index ${index} names ${saw.length} of ${versions} versions.`);
  }
  if (wrote !== undefined) {
    const version = JSON.stringify([key, wrote]);
    const other = writers.get(version);
    writers.set(version, index);
    if (other !== undefined) {
      problems.push(`Version ${wrote} of ${key} is written at index ${other} and at ${index}.`);
    }
  }
  return problems;
}
