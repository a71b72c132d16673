import type { AlwaysPoint, ReachablePoint, SometimesPoint } from "./catalogue.ts";

/**
 * What the store says of itself while it runs, point by point of `catalogue.ts` (after Antithesis' assertions). A node in
 * production hears only of an `always` that does not hold; the simulator counts them all, and so knows which rare
 * branches its schedules have reached. No call changes what the store does.
 */
export interface Assertions {
  /** Must hold whenever it is asked. */
  always(point: AlwaysPoint, holds: boolean): void;
  /** Must hold at least once over many runs. */
  sometimes(point: SometimesPoint, holds: boolean): void;
  /** Must be passed at least once over many runs. */
  reachable(point: ReachablePoint): void;
}
