/**
 * Whether a fault that silences one node bit. The harness asks the node itself: it must answer before, be silent during and
 * answer after the fault, then as another life where its process ended, as the same where it lived on.
 *
 * A wipe is proven by the node's own copies: of the keys that it held before, it must hold none when it has started again and
 * nobody has reached it yet.
 *
 * That a node which was shut down ended as it should, the cluster's power over processes proves: it takes nothing but exit status
 * 0. What became of the requests under way only the history tells.
 */

import type { FaultProof, Link } from "./fault.ts";
import type { Probe, StatusProbe } from "./probes.ts";
import type { ProofProbes } from "./prove.ts";
import { isSameLife, prove, unanswered } from "./prove.ts";
import { cutReasons } from "./prove-links.ts";

/** What became of the node's process: it lived on, or another took its place. */
export type Life = "same" | "another";

/** A node's answer with the keys that it held a copy of; after a wipe, before anybody had reached it. */
export interface HoldingProbe extends StatusProbe {
  readonly keysHeld: readonly string[];
}

export function judgeSilence(probes: ProofProbes<StatusProbe>, life: Life): FaultProof {
  return prove(probes, silenceReasons(probes, life));
}

/** Each of the nodes, on its own, as one whose process ended. */
export function judgeAllCrash(
  probes: ProofProbes<StatusProbe>,
  nodes: readonly string[],
): FaultProof {
  const reasons = nodes.flatMap((node) => {
    const isOfNode = (probe: StatusProbe): probe is StatusProbe => probe.to === node;
    return silenceReasons(filtered(probes, isOfNode), "another");
  });
  return prove(probes, reasons);
}

export function judgeWipe(probes: ProofProbes<HoldingProbe>): FaultProof {
  return prove(probes, [...silenceReasons(probes, "another"), ...copiesKept(probes)]);
}

/** The harness and the other nodes, each on its own, must find the node silent; `broken`: their pairs with it. */
export function judgeDisconnect(
  probes: ProofProbes<Probe | StatusProbe>,
  broken: readonly Link[],
): FaultProof {
  const isOfNode = (probe: Probe | StatusProbe): probe is StatusProbe => "status" in probe;
  return prove(probes, [
    ...silenceReasons(filtered(probes, isOfNode), "same"),
    ...cutReasons(
      filtered(probes, (probe): probe is Probe => !isOfNode(probe)),
      broken,
    ),
  ]);
}

function silenceReasons(probes: ProofProbes<StatusProbe>, life: Life): readonly string[] {
  const isSame = isSameLife(probes);
  const node = probes.before[0]?.to ?? "the node";
  return [
    ...unanswered(probes.before, "before the fault"),
    ...(probes.during.length === 0 ? ["nobody asked during the fault"] : []),
    ...probes.during
      .filter((probe) => probe.answered)
      .map((probe) => `${probe.to} still answered during the fault`),
    ...unanswered(probes.after, "after healing"),
    ...(life === "another" && isSame ? [`${node} was never started again`] : []),
    ...(life === "same" && !isSame ? [`${node} was started again`] : []),
  ];
}

function copiesKept({ before, after }: ProofProbes<HoldingProbe>): readonly string[] {
  const held = before.flatMap(({ keysHeld }) => keysHeld);
  const left = new Set(after.flatMap(({ keysHeld }) => keysHeld));
  const node = before[0]?.to ?? "the node";
  if (held.length === 0) return [`${node} held no key before the fault, so nothing could be lost`];
  const keptCount = held.filter((key) => left.has(key)).length;
  return keptCount === 0
    ? []
    : [`${node} still held ${keptCount} of ${held.length} keys that it had held before`];
}

function filtered<T extends Probe, P extends T>(
  probes: ProofProbes<T>,
  isWanted: (probe: T) => probe is P,
): ProofProbes<P> {
  return {
    before: probes.before.filter(isWanted),
    during: probes.during.filter(isWanted),
    after: probes.after.filter(isWanted),
  };
}
