/*
 * After healing and settling all replicas must agree.
 *
 * Each key has N primaries. Their own copies, read without repair, must have the same digest, and no other node may keep a
 * copy, so every node is asked. Digests tell no primaries from fallbacks, so the count decides: exactly N equal copies, or
 * none anywhere where the final read found none either. Hints that were not delivered make all this unknown: the copies
 * that differ may be about to agree.
 */

import type { FinalRead } from "../history/operation.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";

export interface DivergedKey {
  readonly key: string;
  readonly problem: "different-copies" | "missing-copies" | "copies-left-on-fallbacks";
  /** Node to digest, null where it holds nothing. */
  readonly copies: Readonly<Record<string, string | null>>;
}

export interface ConvergenceResult extends CheckerResult {
  readonly keys: number;
  readonly divergedCount: number;
  readonly examples: readonly DivergedKey[];
  /** From `healed` to `quiesced`; null where one of the two is missing. */
  readonly healToQuiescedMs: number | null;
}

export interface ConvergenceOptions {
  /** N. */
  readonly replicas: number;
}

const EXAMPLES_MAX = 20;

export function checkConvergence(
  evidence: Evidence,
  { replicas }: ConvergenceOptions,
): ConvergenceResult {
  const { members, settled, finalReads } = evidence;
  // What was read before the cluster settled tells nothing of the end.
  const settledIndex = settled?.index ?? -1;
  const byKey = copiesByKey(evidence.replicaReads.filter(({ index }) => index > settledIndex));
  const doubts =
    settled?.name === "quiesced"
      ? []
      : ["The cluster did not settle: hints were left, or nobody looked."];
  const diverged: DivergedKey[] = [];
  const unread: string[] = [];
  for (const key of new Set([...byKey.keys(), ...finalReads.keys()])) {
    const reads = byKey.get(key) ?? [];
    const present = (finalReads.get(key)?.value ?? null) !== null;
    const told = new Set(reads.filter(isTold).map(({ node }) => node));
    if (told.size < reads.length || members.some((node) => !told.has(node))) {
      unread.push(key);
    } else {
      const problem = judgeCopies(reads, present ? replicas : 0, replicas);
      if (problem !== undefined) {
        const copies = Object.fromEntries(reads.map(({ node, digest }) => [node, digest ?? null]));
        diverged.push({ key, problem, copies });
      }
    }
  }
  if (byKey.size === 0 && finalReads.size === 0) {
    doubts.push("No replica's own copy was read at the end.");
  }
  if (unread.length > 0) {
    doubts.push(
      `Of ${unread.length} key(s) not every node's own copy was read, the first is ${unread[0]}.`,
    );
  }
  return {
    ...judge(diverged, doubts, settled?.name === "quiesced"),
    keys: byKey.size,
    divergedCount: diverged.length,
    examples: diverged.slice(0, EXAMPLES_MAX),
    healToQuiescedMs: healToQuiescedMs(evidence),
  };
}

function isTold({ digest, error }: FinalRead): boolean {
  return error === undefined && digest !== undefined;
}

/** The last read of each node's copy of each key. */
function copiesByKey(reads: readonly FinalRead[]): Map<string, readonly FinalRead[]> {
  const byKey = new Map<string, Map<string, FinalRead>>();
  for (const read of reads) {
    const byNode = byKey.get(read.key) ?? new Map<string, FinalRead>();
    byKey.set(read.key, byNode.set(read.node, read));
  }
  return new Map([...byKey].map(([key, byNode]) => [key, [...byNode.values()]]));
}

function judgeCopies(
  reads: readonly FinalRead[],
  holdersMin: number,
  holdersMax: number,
): DivergedKey["problem"] | undefined {
  const held = reads.flatMap(({ digest }) => (typeof digest === "string" ? [digest] : []));
  if (new Set(held).size > 1) {
    return "different-copies";
  }
  if (held.length > holdersMax) {
    return "copies-left-on-fallbacks";
  }
  return held.length < holdersMin || (held.length > 0 && held.length < holdersMax)
    ? "missing-copies"
    : undefined;
}

function judge(
  diverged: readonly DivergedKey[],
  doubts: readonly string[],
  isSettled: boolean,
): CheckerResult {
  const [first] = diverged;
  if (first === undefined) {
    return { verdict: doubts.length === 0 ? "valid" : "unknown", reasons: doubts };
  }
  const reason = `${diverged.length} key(s) have diverged; the first is ${first.key} (${first.problem}).`;
  return { verdict: isSettled ? "invalid" : "unknown", reasons: [reason, ...doubts] };
}

function healToQuiescedMs({ markers, settled }: Evidence): number | null {
  const healed = markers.findLast(({ name }) => name === "healed");
  return healed === undefined || settled?.name !== "quiesced"
    ? null
    : (settled.timeNs - healed.timeNs) / 1e6;
}
