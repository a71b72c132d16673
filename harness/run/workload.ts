import type { Store } from "../../src/client/contract.ts";
import type { Clock } from "../../src/env/clock.ts";
import type { Random } from "../../src/env/random.ts";
import type { WorkloadClients } from "../client/contract.ts";
import type { OperationGenerator } from "../generator/generator.ts";
import type { Recorder } from "../history/recorder.ts";
import type { Plan } from "./plan.ts";

/** A store as one process uses it. */
export interface ProcessStore {
  readonly store: Store;
  /** The node that answered the latest call, or was asked last; the home node before the first call. */
  answeredBy(): string;
  close(): void;
}

/** What the run gives a workload. */
export interface WorkloadParts {
  readonly plan: Plan;
  /** A store for a process: its home node first, then other nodes of its own side, or, where clients roam, any. */
  openStore(process: number, homeNode: string): ProcessStore;
}

export interface FinalReadParts {
  readonly recorder: Recorder;
  /** Past the proxies. The one node that is asked, by name, and its store. */
  readonly readers: readonly { readonly node: string; readonly store: Store }[];
}

/** One kind of load, and how what it left is read at the end. What makes a history of it right is the checkers' business. */
export interface Workload {
  readonly name: string;
  /** Every key the workload may touch. */
  keys(plan: Plan): readonly string[];
  /** Endless, without a schedule: the run sets rate and time limit. */
  generator(plan: Plan): OperationGenerator;
  clients(
    environment: { readonly clock: Clock; readonly random: Random },
    parts: WorkloadParts,
  ): WorkloadClients;
  /** After settling: reads every key with R=N and records it; a key that cannot be read is recorded with its error. */
  readAll(parts: FinalReadParts, plan: Plan): Promise<void>;
}
