/*
 * Reads that returned what no client can have written.
 *
 * Clients write values that they can decode, each under a name. A read that came back undecodable (`bad-value`) is a plain fail to its
 * client, since reading changes nothing, and one whose versions have lost their names says nothing of causality. Either would pass every
 * other checker by; so would one that succeeded and does not tell its versions at all. Who spoiled it, the store or what lies before it, a history cannot tell; but it is no run that shows a
 * store to be right. So any makes the verdict unknown. Histories of before versions had names are not asked for them.
 */

import { BAD_VALUE } from "../history/cart-operation.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Evidence } from "./evidence.ts";

export interface UnreadableReadsResult extends CheckerResult {
  /** Operations whose read could not be decoded. */
  readonly undecodable: number;
  /** Those whose read returned a version without a name, or does not say what it returned. */
  readonly nameless: number;
}

export function checkUnreadableReads(
  { pairs }: Evidence,
  { isNamed }: { readonly isNamed: boolean },
): UnreadableReadsResult {
  const ended = pairs.flatMap(({ completion }) => (completion === undefined ? [] : [completion]));
  const undecodable = ended.filter(({ error }) => error === BAD_VALUE);
  const nameless = ended.filter(
    ({ type, versions = 0, saw }) =>
      isNamed && saw === undefined && (type === "ok" || versions > 0),
  );
  const reasons = [
    ...told(undecodable, "returned bytes that no client wrote"),
    ...told(nameless, "do not name each version that they returned, as others do"),
  ];
  return {
    verdict: reasons.length === 0 ? "valid" : "unknown",
    reasons,
    undecodable: undecodable.length,
    nameless: nameless.length,
  };
}

function told(
  reads: readonly { readonly key: string; readonly index: number }[],
  what: string,
): string[] {
  const [first] = reads;
  if (first === undefined) return [];
  return [`${reads.length} read(s) ${what}; the first is of ${first.key} at index ${first.index}.`];
}
