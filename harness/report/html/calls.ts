import type { HistoryLine, Operation } from "../../history/operation.ts";

/** An invocation with what came of it. */
export interface Call {
  readonly invocation: Operation;
  /** Undefined where the history ends before it: the run broke off. */
  readonly completion: Operation | undefined;
  readonly outcome: "ok" | "fail" | "info";
  /** From the intended start to the completion; NaN without one. */
  readonly latencyMs: number;
}

/** Pairs invocations with completions, in the order of invocation. Lines that fit nowhere are left out. */
export function pairCalls(history: readonly HistoryLine[]): Call[] {
  const calls: Call[] = [];
  // Filled in place: a history of a million calls should not leave a million spare objects behind.
  const openByProcess = new Map<number, Writable<Call>>();
  for (const line of history) {
    if (!isOperation(line)) continue;
    if (line.type === "invoke") {
      const call: Writable<Call> = {
        invocation: line,
        completion: undefined,
        outcome: "info",
        latencyMs: NaN,
      };
      openByProcess.set(line.process, call);
      calls.push(call);
      continue;
    }
    const open = openByProcess.get(line.process);
    if (open === undefined) continue;
    openByProcess.delete(line.process);
    open.completion = line;
    open.outcome = line.type;
    open.latencyMs = Math.max(0, (line.timeNs - open.invocation.intendedNs) / 1e6);
  }
  return calls;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function isOperation(line: HistoryLine): line is Operation {
  return "process" in line;
}

/** Functions by how often they were called, the most frequent first: the order of colours and rows. */
export function functionNames(calls: readonly Call[]): string[] {
  const counts = new Map<string, number>();
  for (const { invocation } of calls) {
    counts.set(invocation.f, (counts.get(invocation.f) ?? 0) + 1);
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([name]) => name);
}
