/*
 * A run in which nothing could have gone wrong proves nothing, and must not come out valid.
 *
 * Named as unknown: too few operations, in the run or while a fault was in force (`enough-operations.ts`); a load that stopped
 * early; a fault that did not bite; a kind of fault that was planned and never injected; final reads that no crash of all nodes came
 * before, where the plan has crashes (`all-crash.ts`); a link whose proxy carried nothing while all was
 * healthy; a key that could not be read at the end; hints not delivered.
 */

import { NEVER_BEGUN } from "../history/cart-operation.ts";
import type { NemesisKind } from "../run/plan.ts";
import type { CheckerResult } from "../run/summary.ts";
import { allCrashDoubts } from "./all-crash.ts";
import type { PlannedLoad } from "./enough-operations.ts";
import { operationDoubts } from "./enough-operations.ts";
import type { Evidence } from "./evidence.ts";

export interface ProvesSomethingOptions extends PlannedLoad {
  readonly nemesis: readonly NemesisKind[];
  /** True where the run must have ended with a crash of all nodes (`endsWithAllCrash`). */
  readonly needsAllCrash?: boolean;
  /** As `readHistory` tells it: the history goes on where nobody can read it. */
  readonly truncated?: string | undefined;
  /** `end`: only the final reads and the settling are looked at. */
  readonly guard?: "run" | "end";
}

/** Share of the planned time that the starts must span. */
const LOAD_SHARE_MIN = 0.8;

export function checkProvesSomething(
  evidence: Evidence,
  options: ProvesSomethingOptions,
): CheckerResult {
  const reasons = [
    ...(options.truncated === undefined ? [] : [options.truncated]),
    ...(options.guard === "end" ? [] : faultDoubts(evidence, options.nemesis)),
    ...(options.needsAllCrash === true ? allCrashDoubts(evidence) : []),
    ...endDoubts(evidence),
    ...(options.guard === "end" ? [] : loadDoubts(evidence, options.seconds)),
    ...(options.guard === "end" ? [] : operationDoubts(evidence, options)),
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
  for (const { invocation, completion } of pairs) {
    // A store that answers no more leaves no process free to ask it.
    if (completion?.error === NEVER_BEGUN) continue;
    firstNs = Math.min(firstNs, invocation.timeNs);
    lastNs = Math.max(lastNs, invocation.timeNs);
  }
  if (lastNs < firstNs) {
    return ["No operation was begun."];
  }
  const spanned = (lastNs - firstNs) / 1e9;
  return spanned < seconds * LOAD_SHARE_MIN
    ? [`Operations were begun during ${spanned.toFixed(1)} s only, of ${seconds} s planned.`]
    : [];
}
