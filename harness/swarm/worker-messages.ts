import type { SimulatedRun } from "./run-contract.ts";
import type { SimOutcome } from "./sim-outcome.ts";
import type { SimPlan } from "./sim-plan.ts";

/** What a worker is started with. */
export interface WorkerStart {
  /** URL of the module that exports `runSimulation`. */
  readonly runModule: string;
  readonly heartbeat: SharedArrayBuffer;
}

/** One run; a worker has one at a time. */
export interface WorkerTask {
  readonly plan: SimPlan;
  /** True: history, lines and state come back too, which costs memory. */
  readonly whole: boolean;
  readonly trace: boolean;
}

export type WorkerMessage =
  | { readonly type: "ready" }
  | { readonly type: "outcome"; readonly outcome: SimOutcome }
  | { readonly type: "run"; readonly run: SimulatedRun }
  /** The run itself threw; the worker can go on. */
  | { readonly type: "threw"; readonly error: ThrownError };

export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** Of anything that was thrown. */
export function thrownError(error: unknown): ThrownError {
  if (!(error instanceof Error)) return { name: "thrown", message: String(error), stack: "" };
  return { name: error.name, message: error.message, stack: error.stack ?? "" };
}
