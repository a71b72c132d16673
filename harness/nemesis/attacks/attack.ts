import type { Clock } from "../../../src/env/clock.ts";
import { waitMs } from "../../../src/env/wait.ts";
import type { Cluster } from "../../cluster/contract.ts";
import type { FaultProof, Link } from "../fault.ts";
import type { Power } from "../faults-of.ts";
import type { Probe, StatusProbe } from "../probes.ts";
import { pairsOf, probeStatus, probeUntil } from "../probes.ts";
import type { ProofProbes } from "../prove.ts";

/** What attacks act on. */
export interface AttackParts {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** Every key that clients may write. */
  readonly keys: readonly string[];
}

/** One fault, ready to be carried out, with the probes that prove it. */
export interface Attack<P extends Probe> {
  readonly links: readonly Link[];
  readonly nodes: readonly string[];
  readonly sides: readonly (readonly string[])[];
  apply(): Promise<void>;
  heal(): Promise<void>;
  before(): Promise<readonly P[]>;
  during(): Promise<readonly P[]>;
  after(): Promise<readonly P[]>;
  judge(probes: ProofProbes<P>): FaultProof;
}

/** How long a healed cluster may take until every probe answers again. */
export const RECOVERY_TIMEOUT_MS = 8_000;
/** How long a probe of a healthy pair may be tried again before and during a fault. */
export const HEALTHY_TIMEOUT_MS = 1_000;
const STATUS_PAUSE_MS = 100;

/** The power that a fault takes. Throws where the driver does not have it. */
export function powerOf<P extends Power>(cluster: Cluster, power: P): NonNullable<Cluster[P]> {
  const found: Cluster[P] = cluster[power];
  if (found == null) {
    throw new Error(
      `Cannot inject a fault: the driver ${cluster.driver} has no power over ${power}`,
    );
  }
  return found;
}

/** What an attack on one node itself hits: no links, and so no sides. */
export function onNode(
  { cluster }: AttackParts,
  node: string,
): Pick<Attack<Probe>, "links" | "nodes" | "sides"> {
  return { links: [], nodes: [node], sides: [cluster.nodes] };
}

/** The node's status, asked again until it answers or `timeoutMs` has passed. */
export async function statusWithin(
  { cluster, clock }: AttackParts,
  node: string,
  timeoutMs: number,
): Promise<StatusProbe> {
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  let probe = await probeStatus({ cluster, clock }, node);
  while (!probe.answered && clock.monotonicMs() < deadlineMs) {
    await waitMs(clock, STATUS_PAUSE_MS);
    probe = await probeStatus({ cluster, clock }, node);
  }
  return probe;
}

/**
 * Waits, bounded, until all nodes reach each other again. That they do is no part of the proof of a fault that hits one node,
 * but ends its phase.
 */
export async function waitUntilReunited({ cluster, clock }: AttackParts): Promise<void> {
  await probeUntil({ cluster, clock }, pairsOf(cluster.nodes), {
    isWanted: (probe) => probe.answered,
    timeoutMs: RECOVERY_TIMEOUT_MS,
  });
}
