import type { Evidence } from "./evidence.ts";

export interface SettledState {
  /** True where the final reads were made after every hint was delivered: then what they lack is gone. */
  readonly isSettled: boolean;
  /** Why not, one sentence each. */
  readonly doubts: readonly string[];
}

/** Whether the reads at the end can accuse anybody. */
export function settledState({ settled, finalReads }: Evidence): SettledState {
  if (settled?.name !== "quiesced") {
    const doubt =
      settled === undefined
        ? "The history does not say that the cluster settled before the final reads."
        : "Hints were not delivered by the end, so a missing item may still wait in one.";
    return { isSettled: false, doubts: [doubt] };
  }
  const isSettled = [...finalReads.values()].every(({ index }) => index > settled.index);
  const doubts = isSettled ? [] : ["A final read was made before the cluster had settled."];
  return { isSettled, doubts };
}
