/**
 * After healing: waits until the cluster is quiet, and sees whether its replicas become equal.
 *
 * Quiet means that every node answers, keeps no hints for others and suspects nobody. Convergence is watched, never
 * demanded: replicas that reads alone will repair may stay different until the final reads.
 */

import type { Clock } from "../../src/env/clock.ts";
import type { Cluster } from "../cluster/contract.ts";
import { waitMs } from "../nemesis/wait.ts";
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

const QUIET_TIMEOUT_MS = 60_000;
const EQUAL_TIMEOUT_MS = 5_000;
const PAUSE_MS = 100;

export async function settle(parts: SettleParts, keys: readonly string[]): Promise<Settling> {
  const startMs = parts.clock.monotonicMs();
  const elapsed = () => `${((parts.clock.monotonicMs() - startMs) / 1_000).toFixed(2)} s`;
  const noise = await waitUntilQuiet(parts, startMs + QUIET_TIMEOUT_MS);
  if (noise !== undefined) {
    return { quiesced: false, detail: `not quiet after ${elapsed()}: ${noise}` };
  }
  const quiet = `quiet after ${elapsed()}`;
  const different = await waitUntilEqual(parts, keys, EQUAL_TIMEOUT_MS);
  const convergence =
    different === 0
      ? `all replicas equal after ${elapsed()}`
      : `${different} of ${keys.length} keys differ between replicas after ${elapsed()}`;
  return { quiesced: true, detail: `${quiet}, ${convergence}` };
}

/** How many keys' replicas still differ when the time is over or all are equal. */
export async function waitUntilEqual(
  { cluster, clock, signal }: SettleParts,
  keys: readonly string[],
  timeoutMs: number,
): Promise<number> {
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  let open = keys;
  for (;;) {
    open = await differing(cluster, open);
    if (open.length === 0 || clock.monotonicMs() >= deadlineMs || signal.aborted)
      return open.length;
    await waitMs(clock, PAUSE_MS, signal);
  }
}

async function differing(cluster: Cluster, keys: readonly string[]): Promise<readonly string[]> {
  const copies = await readReplicas(cluster, keys, (key) => cluster.primaries(key));
  const digests = new Map<string, Set<string>>();
  for (const { key, copy, error } of copies) {
    const seen = digests.get(key) ?? new Set();
    digests.set(key, seen.add(error === undefined ? `${copy?.digest}` : `error ${error}`));
  }
  return keys.filter((key) => {
    const seen = [...(digests.get(key) ?? [])];
    return seen.length !== 1 || seen[0]?.startsWith("error ") === true;
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
