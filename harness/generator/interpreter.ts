/*
 * Drives clients by a generator and writes what they saw into the history; the only part that waits.
 *
 * Sketch. One loop, `#advance`: while a process is free, ask the generator; dispatch what it gives; where it is pending,
 * set one timer. The loop runs again when that timer fires and when an operation completes. With no process free the
 * generator is simply not asked: an open-loop schedule keeps the intended starts and hands out what is overdue later.
 * Timers are coarser than high rates, so a late turn issues everything that is due.
 * A process that ends in info is replaced by process + number of processes, with a fresh client; process modulo that
 * number is the same logical user.
 * After `timeLimitNs` and the bounded drain, operations still under way are recorded as info. Scheduled operations for
 * which no process was ever free are recorded as failed then: they were wanted and did not happen, and a history without
 * them would flatter the store.
 */

import type { Clock, Timer } from "../../src/env/clock.ts";
import type { Random } from "../../src/env/random.ts";
import type { WorkloadClient, WorkloadClients } from "../client/contract.ts";
import { verifiedClients } from "../client/verified-clients.ts";
import { NEVER_BEGUN, NEVER_COMPLETED } from "../history/cart-operation.ts";
import type { Operation } from "../history/operation.ts";
import type { Completion, Recorder } from "../history/recorder.ts";
import { timeLimit } from "./combinators.ts";
import type { OperationGenerator, ScheduledRequest } from "./generator.ts";

export interface InterpreterParts {
  readonly generator: OperationGenerator;
  readonly clients: WorkloadClients;
  readonly recorder: Recorder;
}

export interface InterpreterOptions {
  /** Node names; processes are dealt to them round robin as their homes. */
  readonly nodes: readonly string[];
  /** All that may answer; absent: those. */
  readonly places?: readonly string[];
  /** Processes at a time; 1 or more. */
  readonly processes: number;
  /** On the recorder's time: no operation is intended to begin at or after this. */
  readonly timeLimitNs: number;
  /** After the time limit, the longest wait for overdue operations and for those under way. */
  readonly drainMs: number;
  /** Told of every completion, for progress. */
  readonly onCompletion?: (invocation: Operation, completion: Operation) => void;
}

export interface InterpreterResult {
  readonly attempted: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  /** Of the failed: those the schedule wanted and no process was free for; at most `NEVER_BEGUN_MAX`. */
  readonly neverBegun: number;
}

const NEVER_BEGUN_MAX = 100_000;

/** Error of the operation at which a client broke its contract; the run ends there. */
const CLIENT_BROKE_CONTRACT = "client-broke-contract";

/**
 * Runs until the generator is done or time is up. Rejects with HistoryError where the history cannot be recorded, and
 * with ClientContractError where a client breaks its contract; what was recorded before stays.
 */
export function interpret(
  environment: { readonly clock: Clock; readonly random: Random },
  parts: InterpreterParts,
  options: InterpreterOptions,
): Promise<InterpreterResult> {
  return new Interpreter(environment, parts, options).run();
}

/** A logical user: the process that acts now, and its operation under way. */
interface Seat {
  process: number;
  readonly homeNode: string;
  client: WorkloadClient;
  invocation: Operation | undefined;
}

class Interpreter {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #recorder: Recorder;
  readonly #clients: WorkloadClients;
  readonly #options: InterpreterOptions;
  readonly #seats: Seat[] = [];
  /** Free seats, the longest free first. */
  readonly #free: Seat[] = [];
  readonly #counts = { attempted: 0, ok: 0, fail: 0, info: 0 };
  readonly #ended = Promise.withResolvers<void>();
  #generator: OperationGenerator;
  #generatorDone = false;
  #over = false;
  #timer: Timer | undefined;
  #timerNs = Number.POSITIVE_INFINITY;

  constructor(
    environment: { readonly clock: Clock; readonly random: Random },
    parts: InterpreterParts,
    options: InterpreterOptions,
  ) {
    const { nodes, processes } = options;
    if (!Number.isSafeInteger(processes) || processes < 1 || nodes.length === 0) {
      throw new RangeError(
        `Cannot run ${processes} processes on ${nodes.length} nodes: both must be 1 or more`,
      );
    }
    this.#clock = environment.clock;
    this.#random = environment.random;
    this.#recorder = parts.recorder;
    this.#clients = verifiedClients(parts.clients, options.places ?? nodes);
    this.#generator = timeLimit(options.timeLimitNs, parts.generator);
    this.#options = options;
  }

  async run(): Promise<InterpreterResult> {
    const { nodes, processes, timeLimitNs, drainMs } = this.#options;
    for (let process = 0; process < processes; process++) {
      const homeNode = nodes[process % nodes.length] ?? "";
      const client = this.#clients.open(process, homeNode);
      const seat: Seat = { process, homeNode, client, invocation: undefined };
      this.#seats.push(seat);
      this.#free.push(seat);
    }
    const leftMs = Math.max(0, (timeLimitNs - this.#recorder.nowNs()) / 1e6);
    const deadline = this.#clock.setTimer(leftMs + drainMs, () => this.#ended.resolve());
    try {
      this.#advance();
      await this.#ended.promise;
    } finally {
      this.#over = true;
      deadline.cancel();
      this.#timer?.cancel();
      for (const seat of this.#seats) {
        seat.client.close();
      }
    }
    this.#abandonUnderWay();
    const neverBegun = this.#recordNeverBegun();
    return { ...this.#counts, neverBegun };
  }

  #advance(): void {
    try {
      while (!this.#over && !this.#generatorDone && this.#free.length > 0) {
        const asked = this.#generator.ask({
          timeNs: this.#recorder.nowNs(),
          freeProcesses: this.#free.length,
          random: this.#random,
        });
        if (asked.kind === "done") {
          this.#generatorDone = true;
        } else {
          this.#generator = asked.next;
          if (asked.kind === "pending") {
            this.#wakeAt(asked.untilNs);
            break;
          }
          this.#dispatch(asked.request);
        }
      }
    } catch (error) {
      this.#ended.reject(error);
      return;
    }
    if (this.#generatorDone && this.#free.length === this.#seats.length) {
      this.#ended.resolve();
    }
  }

  #dispatch(request: ScheduledRequest): void {
    const seat = this.#free.shift();
    if (seat === undefined) {
      throw new Error("Cannot dispatch an operation: no process is free");
    }
    seat.invocation = this.#recorder.invoke({
      process: seat.process,
      node: seat.homeNode,
      f: request.f,
      key: request.key,
      value: request.value,
      intendedNs: request.intendedNs ?? this.#recorder.nowNs(),
    });
    this.#counts.attempted++;
    seat.client.invoke(request).then(
      (completion) => this.#complete(seat, completion),
      (error: unknown) => this.#abort(seat, error),
    );
  }

  #complete(seat: Seat, completion: Completion): void {
    const { invocation } = seat;
    if (this.#over || invocation === undefined) {
      return;
    }
    try {
      this.#record(seat, invocation, completion);
      if (completion.type === "info") {
        seat.client.close();
        seat.process += this.#seats.length;
        seat.client = this.#clients.open(seat.process, seat.homeNode);
      }
    } catch (error) {
      this.#ended.reject(error);
      return;
    }
    this.#free.push(seat);
    this.#advance();
  }

  #abort(seat: Seat, error: unknown): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    this.#ended.reject(error);
    this.#abandon(seat, CLIENT_BROKE_CONTRACT);
  }

  #abandonUnderWay(): void {
    for (const seat of this.#seats) {
      if (seat.invocation !== undefined) {
        this.#abandon(seat, NEVER_COMPLETED);
        seat.process += this.#seats.length;
      }
    }
  }

  #abandon(seat: Seat, error: string): void {
    const { invocation } = seat;
    if (invocation !== undefined) {
      const { node, value } = invocation;
      this.#record(seat, invocation, { type: "info", node, value, error });
    }
  }

  #record(seat: Seat, invocation: Operation, completion: Completion): void {
    seat.invocation = undefined;
    const recorded = this.#recorder.complete(invocation, completion);
    this.#counts[completion.type]++;
    this.#options.onCompletion?.(invocation, recorded);
  }

  /** One timer at most: none is set where an earlier one will wake the loop anyway. */
  #wakeAt(untilNs: number | undefined): void {
    if (untilNs === undefined || untilNs >= this.#timerNs) {
      return;
    }
    this.#timer?.cancel();
    this.#timerNs = untilNs;
    const delayMs = Math.max(0, (untilNs - this.#recorder.nowNs()) / 1e6);
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#timerNs = Number.POSITIVE_INFINITY;
      this.#advance();
    });
  }

  #recordNeverBegun(): number {
    let count = 0;
    let generator = this.#generatorDone ? undefined : this.#generator;
    while (generator !== undefined && count < NEVER_BEGUN_MAX) {
      const timeNs = this.#recorder.nowNs();
      const freeProcesses = this.#seats.length;
      const asked = generator.ask({ timeNs, freeProcesses, random: this.#random });
      if (asked.kind !== "operation") {
        break;
      }
      const seat = this.#seats[count % this.#seats.length];
      const { process, homeNode: node } = seat ?? { process: 0, homeNode: "" };
      const { f, key, value, intendedNs = timeNs } = asked.request;
      const invocation = this.#recorder.invoke({ process, node, f, key, value, intendedNs });
      this.#recorder.complete(invocation, { type: "fail", node, value, error: NEVER_BEGUN });
      this.#counts.attempted++;
      this.#counts.fail++;
      count++;
      generator = asked.next;
    }
    return count;
  }
}
