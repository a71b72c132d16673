/**
 * Whether a fault that silences one node bit. The harness asks the node itself: it must answer before, be silent during and
 * answer after the fault, then as another incarnation where its process ended, as the same where it lived on.
 *
 * A wipe is proven by the node's own copies: of the keys it held before, some must be gone when it is back. Others may be back
 * already, written anew or repaired by a read, so not all are asked for; but a node that was not wiped loses none.
 *
 * That a node which was shut down ended as it should, the cluster's power over processes proves: it takes nothing but exit status
 * 0. What became of the requests under way only the history tells.
 */

import type { FaultProof, Link } from "./fault.ts";
import type { Probe, StatusProbe } from "./probes.ts";
import type { ProofProbes } from "./prove.ts";
import { prove, unanswered } from "./prove.ts";
import { cutReasons } from "./prove-links.ts";

/** What became of the node's process: it lived on, or another took its place. */
export type Life = "same" | "another";

/** A node's answer with the keys that it holds a copy of. */
export interface HoldingProbe extends StatusProbe {
  readonly keysHeld: readonly string[];
}

export function judgeSilence(probes: ProofProbes, life: Life): FaultProof {
  return prove(probes, silenceReasons(probes, life));
}

export function judgeWipe(probes: ProofProbes<HoldingProbe>): FaultProof {
  return prove(probes, [...silenceReasons(probes, "another"), ...copiesKept(probes)]);
}

/** The harness and the other nodes, each on its own, must find the node silent; `broken`: their pairs with it. */
export function judgeDisconnect(probes: ProofProbes, broken: readonly Link[]): FaultProof {
  const isNode = ({ from }: Probe) => from === "harness";
  return prove(probes, [
    ...silenceReasons(filtered(probes, isNode), "same"),
    ...cutReasons(
      filtered(probes, (probe) => !isNode(probe)),
      broken,
    ),
  ]);
}

function silenceReasons(probes: ProofProbes, life: Life): readonly string[] {
  const [before] = probes.before;
  const [after] = probes.after;
  const isSame = before?.detail === after?.detail;
  const node = after?.to ?? "the node";
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
  if (held.some((key) => !left.has(key))) return [];
  return [`${node} still held all ${held.length} keys that it had held before`];
}

function filtered(probes: ProofProbes, isWanted: (probe: Probe) => boolean): ProofProbes {
  return {
    before: probes.before.filter(isWanted),
    during: probes.during.filter(isWanted),
    after: probes.after.filter(isWanted),
  };
}
