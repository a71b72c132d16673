/**
 * After healing: waits until the cluster is quiet, and sees whether its replicas become equal.
 *
 * Quiet means that every node answers, keeps no hints for others and suspects nobody. Convergence is watched, never
 * demanded: replicas that reads alone will repair may stay different until the final reads.
 */

import type { Clock } from "../../src/env/clock.ts";
import { waitMs } from "../../src/env/wait.ts";
import type { Cluster } from "../cluster/contract.ts";
import { readReplicas } from "./read-replicas.ts";

export interface Settling {
  readonly quiesced: boolean;
  /** For the marker: what was waited for and how long it took. */
  readonly detail: string;
}

export interface SettleParts {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface WantedCopies {
  readonly keys: readonly string[];
  /** N. */
  readonly replicas: number;
}

const QUIET_TIMEOUT_MS = 60_000;
const EQUAL_TIMEOUT_MS = 5_000;
const PAUSE_MS = 100;

export async function settle(parts: SettleParts, wanted: WantedCopies): Promise<Settling> {
  const startMs = parts.clock.monotonicMs();
  const elapsed = () => `${((parts.clock.monotonicMs() - startMs) / 1_000).toFixed(2)} s`;
  const noise = await waitUntilQuiet(parts, startMs + QUIET_TIMEOUT_MS);
  if (noise !== undefined) {
    return { quiesced: false, detail: `not quiet after ${elapsed()}: ${noise}` };
  }
  const quiet = `quiet after ${elapsed()}`;
  const different = await waitUntilEqual(parts, wanted, EQUAL_TIMEOUT_MS);
  const convergence =
    different === 0
      ? `all replicas equal after ${elapsed()}`
      : `${different} of ${wanted.keys.length} keys differ between replicas after ${elapsed()}`;
  return { quiesced: true, detail: `${quiet}, ${convergence}` };
}

/** How many keys' replicas still differ when the time is over or all are equal. */
export async function waitUntilEqual(
  { cluster, clock, signal }: SettleParts,
  { keys, replicas }: WantedCopies,
  timeoutMs: number,
): Promise<number> {
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  let open = keys;
  for (;;) {
    open = await differing(cluster, { keys: open, replicas });
    if (open.length === 0 || clock.monotonicMs() >= deadlineMs || signal.aborted)
      return open.length;
    await waitMs(clock, PAUSE_MS, signal);
  }
}

/** Keys that have other than N equal copies and no others; a key that was never written has none. */
async function differing(
  cluster: Cluster,
  { keys, replicas }: WantedCopies,
): Promise<readonly string[]> {
  const digests = new Map<string, (string | null | undefined)[]>();
  for (const { key, copy } of await readReplicas(cluster, keys)) {
    const seen = digests.get(key) ?? [];
    seen.push(copy?.digest);
    digests.set(key, seen);
  }
  return keys.filter((key) => {
    const present = (digests.get(key) ?? []).filter((digest) => digest !== null);
    const isEqual = new Set(present).size <= 1 && !present.includes(undefined);
    return !(isEqual && (present.length === replicas || present.length === 0));
  });
}

/** Undefined once the cluster is quiet; else, when the time is over, what is still going on. */
async function waitUntilQuiet(
  { cluster, clock, signal }: SettleParts,
  deadlineMs: number,
): Promise<string | undefined> {
  for (;;) {
    const noises = await Promise.all(cluster.nodes.map((node) => noiseOf(cluster, node)));
    const noise = noises.find((each) => each !== undefined);
    if (noise === undefined) return undefined;
    if (signal.aborted) return `interrupted (${noise})`;
    if (clock.monotonicMs() >= deadlineMs) return noise;
    await waitMs(clock, PAUSE_MS, signal);
  }
}

async function noiseOf(cluster: Cluster, node: string): Promise<string | undefined> {
  try {
    const { hints, suspected, ready } = await cluster.status(node);
    if (!ready) return `${node} is not ready`;
    if (hints > 0) return `${node} keeps ${hints} hints`;
    if (suspected.length > 0) return `${node} suspects ${suspected.join(", ")}`;
    return undefined;
  } catch (error) {
    return `${node} does not answer: ${error instanceof Error ? error.message : String(error)}`;
  }
}
