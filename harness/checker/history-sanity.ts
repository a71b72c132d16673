/*
 * What every other checker takes for granted. Where it does not hold, nothing else that is said about the history counts.
 */

import type { CheckerResult } from "../run/summary.ts";
import type { Carts } from "./cart-items.ts";
import type { Evidence } from "./evidence.ts";

const REASONS_MAX = 20;

/** Processes are sequential, indices gapless, times monotonic, intended starts no later than real ones, values as they must be. */
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
  for (const { invocation } of pairs) {
    if (invocation.intendedNs > invocation.timeNs && reasons.length < REASONS_MAX) {
      reasons.push(`The operation at index ${invocation.index} began before its intended start.`);
    }
  }
  return { verdict: reasons.length === 0 ? "valid" : "unknown", reasons };
}
