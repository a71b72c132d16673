/*
 * What every other checker takes for granted. Where it does not hold, nothing else that is said about the history counts.
 */

import { ADD } from "../history/cart-operation.ts";
import type { Pair } from "../history/pairs.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Carts } from "./cart-items.ts";
import type { Evidence } from "./evidence.ts";

const REASONS_MAX = 20;

/** Processes are sequential, indices gapless, times monotonic, intended starts no later than real ones, values and names of versions as they must be. */
export function checkHistorySanity(
  { lines, pairs, pairProblems }: Evidence,
  carts: Carts,
): CheckerResult {
  const reasons = [...pairProblems, ...carts.problems];
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
  }
  const writers = new Map<string, number>();
  for (const pair of pairs) {
    if (reasons.length >= REASONS_MAX) break;
    for (const problem of operationProblems(pair, writers)) reasons.push(problem);
  }
  return { verdict: reasons.length === 0 ? "valid" : "unknown", reasons };
}

/** `writers`: who wrote each version so far, by the name and key of the version; the one of this operation comes to them. */
function operationProblems(
  { invocation, completion }: Pair,
  writers: Map<string, number>,
): readonly string[] {
  const problems: string[] = [];
  if (invocation.intendedNs > invocation.timeNs) {
    problems.push(`The operation at index ${invocation.index} began before its intended start.`);
  }
  if (completion === undefined) return problems;
  const { f, key, value, index, wrote, saw, versions } = completion;
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
