import type { Clock, Siblings, Versioning } from "../../../../src/causality/versioning.ts";
import type { KeyState } from "./key-state.ts";
import { plainText } from "./plain-text.ts";

/** What is left of a key when everything is over. */
export interface FinalSiblings {
  readonly payloads: ReadonlySet<string>;
  readonly clock: Clock;
}

/**
 * The merge, by the node's own rules, of what a key's primaries hold: what a client that reads all N would see. Where the
 * cluster has not settled it is the merge of every row anywhere, hints too.
 */
export function finalSiblings(
  { copies, primaries }: KeyState,
  versioning: Versioning,
  settled: boolean,
): FinalSiblings {
  let merged: Siblings = versioning.empty;
  for (const { node, owner, visible } of copies) {
    const counts = !settled || (node === owner && primaries.includes(node));
    if (counts && visible !== undefined) {
      merged = versioning.merge(merged, versioning.decode(visible.record.bytes));
    }
  }
  return { payloads: new Set(merged.payloads.map(plainText)), clock: merged.clock };
}
