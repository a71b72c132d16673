/*
 * A run in which nothing could have gone wrong proves nothing, and must not come out valid.
 *
 * Named as unknown: a phase of 2 s or more with fewer than 20 successful operations of a kind over all sides, or fewer
 * than 20 attempted on a side; a load that stopped early; a fault that did not bite; a kind of fault that was planned and
 * never injected; a link whose proxy carried nothing while all was healthy; a key that could not be read at the end; hints
 * not delivered.
 * An operation counts for the phase in which it really began and ended: that is when it met the fault, even where a backlog
 * had delayed it.
 */

import type { NemesisKind } from "../run/plan.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { IntervalAvailability } from "./availability.ts";
import { countByInterval } from "./availability.ts";
import type { Evidence } from "./evidence.ts";

export interface ProvesSomethingOptions {
  readonly nemesis: readonly NemesisKind[];
  /** How long the load was to last. */
  readonly seconds: number;
  /** As `readHistory` tells it: the history goes on where nobody can read it. */
  readonly truncated?: string | undefined;
  /** `end`: only the final reads and the settling are looked at. */
  readonly guard?: "run" | "end";
}

const PHASE_SECONDS_MIN = 2;
const OPERATIONS_MIN = 20;
/** Share of the planned time that the intended starts must span. */
const LOAD_SHARE_MIN = 0.8;

export function checkProvesSomething(
  evidence: Evidence,
  options: ProvesSomethingOptions,
): CheckerResult {
  const reasons = [
    ...(options.truncated === undefined ? [] : [options.truncated]),
    ...(options.guard === "end" ? [] : faultDoubts(evidence, options.nemesis)),
    ...endDoubts(evidence),
    ...(options.guard === "end" ? [] : loadDoubts(evidence, options.seconds)),
    ...(options.guard === "end" ? [] : countByInterval(evidence, "inside").flatMap(phaseDoubts)),
  ];
  return { verdict: reasons.length === 0 ? "valid" : "unknown", reasons };
}

function faultDoubts({ faultFile }: Evidence, nemesis: readonly NemesisKind[]): string[] {
  if (faultFile === undefined) {
    return ["There is no record of the faults, so nobody knows whether they bit."];
  }
  const { faults, silentLinks } = faultFile;
  const injected = new Set(faults.map(({ kind }) => kind));
  const missing = [...new Set(nemesis)].filter((kind) => kind !== "none" && !injected.has(kind));
  const silent = silentLinks.map(({ from, to }) => `${from}~${to}`);
  return [
    ...(missing.length === 0
      ? []
      : [`Faults were planned and never injected: ${missing.join(", ")}.`]),
    ...faults
      .filter(({ proof }) => !proof.bit)
      .map(
        ({ name, proof }) => `Fault ${name} did not bite: ${proof.reason || "no reason given"}.`,
      ),
    ...(silent.length > 0
      ? [
          `${silent.length} link(s) carried nothing while all was healthy (${silent.slice(0, 5).join(", ")}): somebody goes past the proxies.`,
        ]
      : []),
  ];
}

function endDoubts({ pairs, finalReads, settled }: Evidence): string[] {
  const keys = new Set([...finalReads.keys(), ...pairs.map(({ invocation }) => invocation.key)]);
  const unread = [...keys].filter((key) => {
    const read = finalReads.get(key);
    return read === undefined || read.error !== undefined;
  });
  const [first] = unread;
  const error = finalReads.get(first ?? "")?.error ?? "no final read";
  return [
    ...(first === undefined
      ? []
      : [
          `${unread.length} key(s) could not be read at the end, the first is ${first} (${error}).`,
        ]),
    ...(settled?.name === "quiesced"
      ? []
      : [
          settled === undefined
            ? "Nobody waited for the hints to be delivered."
            : `Hints were not delivered by the end${settled.detail === undefined ? "" : ` (${settled.detail})`}.`,
        ]),
  ];
}

function loadDoubts({ pairs }: Evidence, seconds: number): string[] {
  let firstNs = Number.POSITIVE_INFINITY;
  let lastNs = Number.NEGATIVE_INFINITY;
  for (const { invocation } of pairs) {
    firstNs = Math.min(firstNs, invocation.intendedNs);
    lastNs = Math.max(lastNs, invocation.intendedNs);
  }
  if (pairs.length === 0) {
    return ["No operation was begun."];
  }
  const spanned = (lastNs - firstNs) / 1e9;
  return spanned < seconds * LOAD_SHARE_MIN
    ? [`Operations were begun during ${spanned.toFixed(1)} s only, of ${seconds} s planned.`]
    : [];
}

function phaseDoubts({ phase, counts }: IntervalAvailability): string[] {
  const lengthNs = phase.endNs - phase.startNs;
  if (lengthNs < PHASE_SECONDS_MIN * 1e9) {
    return [];
  }
  const where = `phase ${phase.name} (${(phase.startNs / 1e9).toFixed(1)} s to ${(phase.endNs / 1e9).toFixed(1)} s)`;
  const okByFunction = new Map<string, number>();
  const attemptedBySide = new Map<string, number>();
  for (const { side, f, attempted, ok } of counts) {
    okByFunction.set(f, (okByFunction.get(f) ?? 0) + ok);
    attemptedBySide.set(side, (attemptedBySide.get(side) ?? 0) + attempted);
  }
  return [
    ...[...okByFunction]
      .filter(([, ok]) => ok < OPERATIONS_MIN)
      .map(([f, ok]) => `Only ${ok} ${f} succeeded in ${where}, fewer than ${OPERATIONS_MIN}.`),
    ...[...attemptedBySide]
      .filter(([, attempted]) => attempted < OPERATIONS_MIN)
      .map(
        ([side, attempted]) =>
          `Only ${attempted} operations were attempted on side ${side} in ${where}, fewer than ${OPERATIONS_MIN}.`,
      ),
  ];
}
