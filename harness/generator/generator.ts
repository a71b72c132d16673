/*
 * Generators are values: asked with a generator context, one answers with an operation and the generator that comes after
 * it, and is itself never changed. All they draw from outside is `context.random`, so one seed gives one sequence of
 * operations for one sequence of contexts. Only the interpreter waits. (After Jepsen's generators.)
 */

import type { Random } from "../../src/env/random.ts";
import type { OperationRequest } from "../client/contract.ts";

export interface GeneratorContext {
  readonly timeNs: number;
  /** How many processes have no operation under way; 1 or more when a generator is asked. */
  readonly freeProcesses: number;
  readonly random: Random;
}

export interface ScheduledRequest extends OperationRequest {
  /** When the schedule wanted the operation to begin; absent: when it was asked for. */
  readonly intendedNs?: number;
}

export type Asked =
  | {
      readonly kind: "operation";
      readonly request: ScheduledRequest;
      readonly next: OperationGenerator;
    }
  /** Nothing before `untilNs`, or, where that is absent, before something else happens. */
  | {
      readonly kind: "pending";
      readonly untilNs: number | undefined;
      readonly next: OperationGenerator;
    }
  | { readonly kind: "done" };

export interface OperationGenerator {
  ask(context: GeneratorContext): Asked;
}

export const DONE: Asked = { kind: "done" };
