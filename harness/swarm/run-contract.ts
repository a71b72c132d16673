import type { HistoryHeader, HistoryLine } from "../history/operation.ts";
import type { Trace } from "../report/lamport/trace.ts";
import type { SimOutcome } from "./sim-outcome.ts";
import type { SimPlan } from "./sim-plan.ts";

/** Everything that one simulated run leaves. Plain data: it crosses threads. */
export interface SimulatedRun {
  readonly outcome: SimOutcome;
  /** The text of `history.jsonl`. */
  readonly history: string;
  readonly header: HistoryHeader;
  readonly lines: readonly HistoryLine[];
  /** Undefined unless it was asked for. */
  readonly trace: Trace | undefined;
  /** The nodes' logs by name; empty unless a trace was asked for. */
  readonly logs: ReadonlyMap<string, string>;
  /** What every node held at the end, for people. */
  readonly stateDump: string;
}

/** How far a run has come. */
export interface RunState {
  readonly virtualMs: number;
  /** Events of the scheduler. */
  readonly events: number;
  /** What is going on, in a few words. */
  readonly description: string;
}

export interface RunOptions {
  readonly trace?: boolean;
  /** Looked at now and then; true ends the run early. */
  readonly stop?: () => boolean;
  /** Told now and then, cheaply enough for every few thousand events. Must not change the run. */
  readonly onState?: (state: RunState) => void;
}

/** Carries out a plan: the same plan gives the same run to the byte. */
export type RunSimulation = (plan: SimPlan, options?: RunOptions) => Promise<SimulatedRun>;

/** What a run module, named by its URL, exports. */
export interface RunModule {
  readonly runSimulation: RunSimulation;
}
