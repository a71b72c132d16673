import type { Clock } from "../../src/env/clock.ts";
import { waitMs } from "../../src/env/wait.ts";
import type { Cluster, NodeStatus } from "../cluster/contract.ts";
import type { Link, ProbeResult } from "./fault.ts";

/** A probe that also says whether the node that was to make it could be asked at all. */
export interface Probe extends ProbeResult {
  readonly asked: boolean;
  readonly latencyMs: number;
}

/** What the harness itself learned from a node. `detail` is the life where it answered. */
export interface StatusProbe extends Probe {
  /** Undefined where it did not answer. */
  readonly status: NodeStatus | undefined;
  /** How far the node's wall clock was ahead of the harness's, to half of `latencyMs`; 0 where it did not answer. */
  readonly clockAheadMs: number;
}

/** A node under load may be late once; only one that stays silent counts as silent. */
const ASK_ATTEMPTS_MAX = 3;
const RETRY_PAUSE_MS = 100;

/** Every ordered pair of different nodes. */
export function pairsOf(nodes: readonly string[]): readonly Link[] {
  return nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to) => ({ from, to })));
}

/** Probes all pairs at once. Never rejects: a node that cannot be asked gives a probe that was not `asked`. */
export function probePairs(cluster: Cluster, pairs: readonly Link[]): Promise<readonly Probe[]> {
  return Promise.all(pairs.map((pair) => probePair(cluster, pair)));
}

/** Probes again what `isWanted` refuses, until nothing is left or `timeoutMs` has passed; the last results of all pairs. */
export async function probeUntil(
  parts: { readonly cluster: Cluster; readonly clock: Clock },
  pairs: readonly Link[],
  options: { readonly isWanted: (probe: Probe) => boolean; readonly timeoutMs: number },
): Promise<readonly Probe[]> {
  const deadlineMs = parts.clock.monotonicMs() + options.timeoutMs;
  let probes = await probePairs(parts.cluster, pairs);
  while (!probes.every(options.isWanted) && parts.clock.monotonicMs() < deadlineMs) {
    await waitMs(parts.clock, RETRY_PAUSE_MS);
    probes = await Promise.all(
      probes.map((probe) => (options.isWanted(probe) ? probe : probePair(parts.cluster, probe))),
    );
  }
  return probes;
}

/** Asks a node for its status, as a probe from the harness itself. Never rejects. */
export async function probeStatus(
  { cluster, clock }: { readonly cluster: Cluster; readonly clock: Clock },
  node: string,
): Promise<StatusProbe> {
  const base = { from: "harness", to: node, asked: true };
  const startMs = clock.monotonicMs();
  try {
    const status = await cluster.status(node);
    const latencyMs = clock.monotonicMs() - startMs;
    const clockAheadMs = status.wallMs - (clock.wallMs() - latencyMs / 2);
    const detail = `life ${status.life}`;
    return { ...base, answered: true, detail, latencyMs, status, clockAheadMs };
  } catch (error) {
    const latencyMs = clock.monotonicMs() - startMs;
    const detail = reasonOf(error);
    return { ...base, answered: false, detail, latencyMs, status: undefined, clockAheadMs: 0 };
  }
}

async function probePair(cluster: Cluster, { from, to }: Link): Promise<Probe> {
  let detail = "";
  for (let attempt = 0; attempt < ASK_ATTEMPTS_MAX; attempt += 1) {
    try {
      const answer = await cluster.probe(from, to);
      return { from, to, asked: true, ...answer };
    } catch (error) {
      detail = reasonOf(error);
    }
  }
  return { from, to, asked: false, answered: false, detail, latencyMs: 0 };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
