import type { FinalSiblings } from "./final-siblings.ts";
import type { Mint } from "./key-history.ts";
import { isSuperseded } from "./key-history.ts";
import type { ClientRequest, KeyState } from "./key-state.ts";
import { isCollected } from "./resurrected.ts";
import type { Violations } from "./violations.ts";

/**
 * The acknowledged writes of a key that are gone in the end, for the lossless modes: their payload is not there, and no chain of
 * writes, each of which superseded the one before, leads to one that is.
 */
export function lostWrites(state: KeyState, final: FinalSiblings): readonly ClientRequest[] {
  const { history } = state;
  const tops = history.topsOf(final.clock);
  // Where all that must be there is there, every chain of superseded writes ends at something present.
  const isComplete = history
    .unsuperseded(final.clock)
    .every((mint) => final.payloads.has(mint.payload));
  const isKept = (mint: Mint): boolean =>
    isCollected(state, mint) ||
    final.payloads.has(mint.payload) ||
    (isSuperseded(mint, tops) && (isComplete || leadsToPresent(state, mint, final)));
  // A write that never got a dot was reported when it was acknowledged.
  return state.acknowledged.filter(({ mints }) => mints.length > 0 && !mints.some(isKept));
}

/** Reports a write that must not be gone. */
export function reportLost(
  { ask, state, mints: [mint] }: ClientRequest,
  violations: Violations,
): void {
  violations.report("acknowledged-write-lost", () => ({
    anomaly: "an acknowledged write is gone and nothing that is left superseded it",
    detail: `Request ${ask.id} at node ${ask.node} was acknowledged (write ${mint?.serial} of the key, dot ${mint?.counter} of ${mint?.actor}), and its value is gone`,
    key: state.name,
  }));
}

function leadsToPresent({ history }: KeyState, from: Mint, final: FinalSiblings): boolean {
  const reached = new Set([from]);
  // A set may grow while it is walked.
  for (const mint of reached) {
    if (final.payloads.has(mint.payload)) {
      return true;
    }
    for (const newer of history.superseding(mint, final.clock)) {
      reached.add(newer);
    }
  }
  return false;
}

/**
 * The same for the modes that lose writes, without their clocks, which is where they go wrong: a write superseded what its
 * client had been shown with the context it sent. Tombstones are never shown and all alike: a context counts as showing
 * them where it covers one, and deletes themselves are not judged. A token that several answers carried stands for all
 * they showed.
 */
export function lostByValue(state: KeyState, final: FinalSiblings): readonly ClientRequest[] {
  const shownBefore = new Map<string, Set<string>>();
  for (const { payload, ask } of state.requests) {
    if (payload !== undefined) {
      const shown = shownBefore.get(payload) ?? new Set();
      shownBefore.set(payload, shown);
      for (const older of state.shownWith.get(ask.context) ?? []) {
        shown.add(older);
      }
    }
  }
  const kept = new Set(final.payloads);
  for (const payload of kept) {
    for (const older of shownBefore.get(payload) ?? []) {
      kept.add(older);
    }
  }
  return state.acknowledged.filter(
    ({ ask, payload }) => ask.method === "PUT" && payload !== undefined && !kept.has(payload),
  );
}
