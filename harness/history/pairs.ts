/*
 * Matches every invocation with its completion. The match rests on three promises of the interpreter (one operation
 * under way per process, no completion without its invocation, nothing after info); a history that breaks one is
 * reported, never repaired.
 */

import type { HistoryLine, Operation } from "./operation.ts";

export interface Pair {
  readonly invocation: Operation;
  /** Undefined where the history ends before the operation did: nobody knows whether it happened. */
  readonly completion: Operation | undefined;
}

export interface Pairs {
  /** In the order of the invocations. */
  readonly pairs: readonly Pair[];
  /** One sentence for each broken promise, at most `PROBLEMS_MAX`. */
  readonly problems: readonly string[];
}

const PROBLEMS_MAX = 20;

export function pairOperations(lines: readonly HistoryLine[]): Pairs {
  const pairs: { invocation: Operation; completion: Operation | undefined }[] = [];
  const underWay = new Map<number, { invocation: Operation; completion: Operation | undefined }>();
  const ended = new Set<number>();
  const problems: string[] = [];
  const report = (problem: string) => {
    if (problems.length < PROBLEMS_MAX) {
      problems.push(problem);
    }
  };
  for (const line of lines) {
    if (line.type === "invoke") {
      if (underWay.has(line.process)) {
        report(
          `Process ${line.process} invoked at index ${line.index} with an operation under way.`,
        );
      }
      if (ended.has(line.process)) {
        report(`Process ${line.process} invoked at index ${line.index} after it ended in info.`);
      }
      const pair = { invocation: line, completion: undefined };
      pairs.push(pair);
      underWay.set(line.process, pair);
    } else if (line.type === "ok" || line.type === "fail" || line.type === "info") {
      const pair = underWay.get(line.process);
      if (pair === undefined) {
        report(`Process ${line.process} completed at index ${line.index} what it never invoked.`);
        continue;
      }
      if (pair.invocation.f !== line.f || pair.invocation.key !== line.key) {
        report(`The completion at index ${line.index} is not of index ${pair.invocation.index}.`);
      }
      pair.completion = line;
      underWay.delete(line.process);
      if (line.type === "info") {
        ended.add(line.process);
      }
    }
  }
  return { pairs, problems };
}
