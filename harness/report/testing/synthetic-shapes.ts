import type { HistoryLine } from "../../history/operation.ts";
import type { Verdict } from "../../run/plan.ts";

/** What a made-up run is to look like. */
export interface SyntheticOptions {
  readonly seed: number;
  readonly verdict: Verdict;
  readonly seconds: number;
  readonly rate: number;
}

/** An item acknowledged, and later dropped from its cart although nobody removed it. */
export interface SyntheticLoss {
  readonly key: string;
  readonly value: string;
  readonly index: number;
}

export interface SyntheticHistory {
  readonly lines: readonly HistoryLine[];
  readonly lost: readonly SyntheticLoss[];
  readonly acknowledged: number;
}
