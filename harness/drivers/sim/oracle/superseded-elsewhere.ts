import type { Clock } from "../../../../src/causality/versioning.ts";
import type { ForgottenRepeats } from "./forgotten-repeats.ts";
import { listsAllItMay } from "./forgotten-repeats.ts";
import type { Mint } from "./key-history.ts";
import { isSuperseded } from "./key-history.ts";
import type { ClientRequest, KeyState } from "./key-state.ts";
import type { ShownVersions } from "./shown-versions.ts";
import type { Violations } from "./violations.ts";

/**
 * True where the write was made twice and something that the clock covers superseded it under its other dot (D-4.4-12): then it is
 * superseded under this one, too.
 */
export function isSupersededElsewhere(state: KeyState, mint: Mint, clock: Clock): boolean {
  const { operation, payload } = mint;
  // Several clients may have written the same bytes; where dots do not show an operation, then nothing is known.
  if (operation === undefined && !state.isOneOperation(payload)) return false;
  const twins = state.history.mintsOf(payload).filter((each) => each.operation === operation);
  if (twins.length < 2) return false;
  const tops = state.history.topsOf(clock);
  return twins.some((twin) => isSuperseded(twin, tops));
}

export interface OverwrittenReports {
  readonly violations: Violations;
  readonly forgotten: ForgottenRepeats;
}

/**
 * What was overwritten never shows again beside what overwrote it, however often it was sent and made, unless more writes came after
 * it than versions list. For dvvset.
 */
export function checkOverwritten(
  { ask, state }: ClientRequest,
  { payloads, token }: ShownVersions,
  clock: Clock,
  { violations, forgotten }: OverwrittenReports,
): void {
  // A delete may count as any of those that were under way, and then what it superseded is the most that it may have.
  if (!state.history.isCertain) return;
  for (const payload of payloads) {
    const [mint] = state.history.mintsOf(payload);
    // Bytes that several writes have do not tell which of them is shown.
    if (mint === undefined || !state.isOneOperation(payload)) continue;
    if (!isSupersededElsewhere(state, mint, clock)) continue;
    if (listsAllItMay(token)) {
      forgotten.note(state.name);
      continue;
    }
    violations.report("overwritten-shown", () => ({
      anomaly: "a write that was overwritten is back under another dot",
      detail: `Node ${ask.node} answered request ${ask.id} with write ${mint.serial} of the key (dot ${mint.counter} of ${mint.actor}), which its context covers a successor of`,
      key: state.name,
    }));
  }
}
