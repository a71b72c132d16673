import type { Violation } from "../drivers/sim/observer.ts";
import type { SimFaultKind } from "../drivers/sim/world-plan.ts";
import type { Verdict } from "../run/plan.ts";
import type { SimPlan } from "./sim-plan.ts";

/** What went wrong in a run; a run without findings is as it should be. */
export interface Finding extends Omit<Violation, "timeMs"> {
  readonly timeMs?: number;
}

/** What one simulated run came to. Plain data: it crosses threads. */
export interface SimOutcome {
  readonly plan: SimPlan;
  /** Of the checkers over the history. */
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  /** Empty where the run is no worse than its plan expects. */
  readonly findings: readonly Finding[];
  /** Hex SHA-256 of the text of the history. */
  readonly historySha256: string;
  readonly operations: {
    readonly attempted: number;
    readonly ok: number;
    readonly fail: number;
    readonly info: number;
  };
  /** Acknowledged adds that were lost; allowed where the plan may lose. */
  readonly lost: number;
  /** Answers that showed an overwritten write again after more others than versions list (K-11). */
  readonly forgottenRepeats: number;
  /** Requests that reached a node's HTTP API. */
  readonly requests: number;
  readonly virtualMs: number;
  /** Events of the scheduler. */
  readonly events: number;
  /** Faults carried out. */
  readonly faults: Readonly<Partial<Record<SimFaultKind, number>>>;
  /** Points of the assertion catalogue that were reached, by name, with how often. */
  readonly reached: Readonly<Record<string, number>>;
}
