import type { Clock } from "../../../../src/causality/versioning.ts";
import type { KeyState } from "./key-state.ts";
import { ownCopyOf } from "./own-copy.ts";
import type { Violations } from "./violations.ts";

export interface TakeOverOptions {
  /** Owners that acknowledged each of the writes. */
  readonly w: number;
  /** What covers these writes. */
  readonly acknowledged: Clock;
  /** True where only durable rows count. */
  readonly synced: boolean;
}

/**
 * A change of the ring is not complete before its new owners have what the old ones had acknowledged (paper 4.9, D-4.9-4): of W owners some may have lost the
 * key, and whoever took over from them received everything, so that W of those of now hold each write. To be called when a key has moved, of writes that
 * W of the owners before acknowledged; for the lossless modes.
 */
export function checkTakenOver(
  state: KeyState,
  { w, acknowledged, synced }: TakeOverOptions,
  violations: Violations,
): void {
  const clocks = state.primaries.map((node) => {
    const own = ownCopyOf(state, node);
    return (synced ? own?.durable : own?.visible)?.record.clock;
  });
  for (const [actor, counter] of acknowledged) {
    if ((state.collected.get(actor) ?? 0) >= counter) continue;
    const isHeld = (clock: Clock | undefined) => (clock?.get(actor) ?? 0) >= counter;
    const holders = state.primaries.filter((_, at) => isHeld(clocks[at]));
    if (holders.length >= w) continue;
    violations.report("not-taken-over", () => ({
      anomaly: "new owners took over without a write that was acknowledged",
      detail: `The key went to ${state.primaries.join(", ")}, of which ${holders.join(", ") || "none"} holds ${actor}: ${counter}, which ${w} owners had acknowledged`,
      key: state.name,
    }));
    return;
  }
}
