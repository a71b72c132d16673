/**
 * Whether a fault bit, judged from probes before, during and after it.
 *
 * A probe is a request of one node to another over its own RPC connection, and its reply. When b does not hear a, two
 * probes fail: that of a to b, whose request is lost, and that of b to a, whose reply is lost. So a cut link is proven by
 * both probes of its pair, and each must answer before, fail during and answer after. A closed connection is proven the
 * same way.
 *
 * What probes cannot tell apart is a link cut in one direction from one cut in both: no round trip survives either. For a
 * one-way cut they prove that the pair is cut, and the uncut pairs that nothing else is; that the other direction still
 * carries is not proven by them, only by what nodes do with the requests that arrive.
 *
 * Pairs that are not cut must go on answering: a fault that breaks more than it says makes a phase that nobody described.
 */

import { linkName } from "../cluster/contract.ts";
import type { FaultProof, Link } from "./fault.ts";
import type { Probe } from "./probes.ts";

export interface ProofProbes {
  readonly before: readonly Probe[];
  /** Made right after the fault was applied, and again right before it was healed. */
  readonly during: readonly Probe[];
  readonly after: readonly Probe[];
}

/** The ordered pairs whose round trip crosses one of the links. */
export function pairsAcross(pairs: readonly Link[], links: readonly Link[]): readonly Link[] {
  const names = new Set(links.map(linkName));
  return pairs.filter(
    ({ from, to }) =>
      names.has(linkName({ from, to })) || names.has(linkName({ from: to, to: from })),
  );
}

/** `broken`: the pairs that must not answer while the fault lasts; all others must. */
export function judgeCut(probes: ProofProbes, broken: readonly Link[]): FaultProof {
  const names = new Set(broken.map(linkName));
  return prove(probes, [
    ...unanswered(probes.before, "before the fault"),
    ...missing(probes.during, broken),
    ...probes.during.flatMap((probe) => {
      if (!probe.asked)
        return [`${probe.from} could not be asked during the fault: ${probe.detail}`];
      const isBroken = names.has(linkName(probe));
      if (isBroken && probe.answered)
        return [`${probe.to} still answered ${probe.from} during the fault`];
      if (!isBroken && !probe.answered) {
        return [
          `${probe.to} did not answer ${probe.from} although nothing was cut between them: ${probe.detail}`,
        ];
      }
      return [];
    }),
    ...unanswered(probes.after, "after healing"),
  ]);
}

/** A slow link must answer always, at least `riseMs` slowly during the fault, and faster than that before and after. */
export function judgeSlow(
  probes: ProofProbes,
  slowed: readonly Link[],
  riseMs: number,
): FaultProof {
  const names = new Set(slowed.map(linkName));
  const isSlowed = (probe: Probe) => names.has(linkName(probe));
  const tooSlow = (list: readonly Probe[], when: string) =>
    list
      .filter((probe) => isSlowed(probe) && probe.answered && probe.latencyMs >= riseMs)
      .map(
        (probe) =>
          `${probe.to} took ${Math.round(probe.latencyMs)} ms to answer ${probe.from} ${when}`,
      );
  return prove(probes, [
    ...unanswered(probes.before, "before the fault"),
    ...tooSlow(probes.before, "before the fault"),
    ...missing(probes.during, slowed),
    ...unanswered(probes.during, "during the fault"),
    ...probes.during
      .filter((probe) => isSlowed(probe) && probe.answered && probe.latencyMs < riseMs)
      .map(
        (probe) =>
          `${probe.to} answered ${probe.from} in ${Math.round(probe.latencyMs)} ms during the fault, expected at least ${riseMs} ms`,
      ),
    ...unanswered(probes.after, "after healing"),
    ...tooSlow(probes.after, "after healing"),
  ]);
}

/** A crashed node must be silent and come back as another incarnation; a paused one as the same. */
export function judgeSilence(probes: ProofProbes, kind: "crash" | "pause"): FaultProof {
  const [before] = probes.before;
  const [after] = probes.after;
  const isSame = before?.detail === after?.detail;
  return prove(probes, [
    ...unanswered(probes.before, "before the fault"),
    ...(probes.during.length === 0 ? ["nobody asked during the fault"] : []),
    ...probes.during
      .filter((probe) => probe.answered)
      .map((probe) => `${probe.to} still answered during the fault`),
    ...unanswered(probes.after, "after healing"),
    ...(kind === "crash" && isSame ? [`${after?.to ?? "the node"} was never started again`] : []),
    ...(kind === "pause" && !isSame ? [`${after?.to ?? "the node"} was started again`] : []),
  ]);
}

function prove(probes: ProofProbes, reasons: readonly string[]): FaultProof {
  const [reason = ""] = reasons;
  const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : "";
  return { ...probes, bit: reasons.length === 0, reason: reason === "" ? "" : `${reason}${more}` };
}

function unanswered(probes: readonly Probe[], when: string): readonly string[] {
  return probes
    .filter((probe) => !probe.answered)
    .map((probe) => `${probe.to} did not answer ${probe.from} ${when}: ${probe.detail}`);
}

function missing(probes: readonly Probe[], wanted: readonly Link[]): readonly string[] {
  const made = new Set(probes.map(linkName));
  return wanted
    .filter((pair) => !made.has(linkName(pair)))
    .map(({ from, to }) => `${from} was never asked to reach ${to} during the fault`);
}
