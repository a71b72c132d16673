import type { Clock } from "../../../../src/causality/versioning.ts";
import type { Mint } from "./key-history.ts";

export type Dot = Pick<Mint, "actor" | "counter">;

/**
 * The dot of a version of the paper's modes (4.4): its clock is what its client had read and that one dot. Undefined where the two
 * do not fit together so, as where clocks were cut.
 */
export function dotBeyond(context: Clock, clock: Clock): Dot | undefined {
  let dot: Dot | undefined;
  for (const [actor, counter] of clock) {
    if (counter <= (context.get(actor) ?? 0)) continue;
    if (dot !== undefined) return undefined;
    dot = { actor, counter };
  }
  return dot;
}
