/**
 * Whether a fault of links bit.
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
import type { ProofProbes } from "./prove.ts";
import { missing, prove, unanswered } from "./prove.ts";

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
  return prove(probes, cutReasons(probes, broken));
}

/** What speaks against it that exactly these pairs were cut. */
export function cutReasons(probes: ProofProbes, broken: readonly Link[]): readonly string[] {
  const names = new Set(broken.map(linkName));
  return [
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
  ];
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
