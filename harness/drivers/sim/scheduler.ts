/*
 * Virtual time.
 *
 * Problem. A cluster, its clients and its faults run in one thread, and one seed must repeat them to the byte. Time may pass only
 * when nothing is runnable, and promises hide what is runnable.
 * Sketch. Events (timers, arrivals, disk) lie in a queue by time. A step takes the next one, lets time jump to it and calls it. Before
 * the next step every promise reaction must have run. So each step is an immediate of Node's: between two immediates of one round
 * Node runs all microtasks and ticks. A few thousand of them are set at a time, since an immediate set by another waits for the next
 * round of the event loop, which takes longer than most steps. No real clock and no input or output takes part in a round, so nothing
 * outside can change the order; signals and messages of the real world have their turn between two rounds.
 */
import type { Clock, Timer } from "../../../src/env/clock.ts";
import type { Gate } from "./event-queue.ts";
import { EventQueue } from "./event-queue.ts";

/** A run that could not come to its end; the message says why. */
export class SimulationStuckError extends Error {
  override readonly name = "SimulationStuckError";
}

export interface RunLimits {
  /** Virtual time after which a run counts as stuck. */
  readonly untilMs: number;
  /** Asked every few thousand events, from outside virtual time; true ends the run with SimulationStuckError. */
  readonly stop?: () => boolean;
}

/** Where virtual wall time begins: any fixed moment will do. */
const START_WALL_MS = 1_800_000_000_000;
const EVENTS_PER_QUESTION = 4_096;
const STEPS_PER_ROUND = 512;

/** The world's own clock, exact and never paused. Nodes have clocks of their own on top of it. */
export class Scheduler implements Clock {
  readonly #queue = new EventQueue();
  /** What was deferred to the next turn, and for each of them its gate. The lists of two turns take turns, as new ones would be garbage. */
  #deferred = new Deferred();
  #spare = new Deferred();
  #nowMs = 0;
  #eventCount = 0;
  readonly #startWallMs: number;

  /** `laterMs`: by how much the world begins after others. */
  constructor(laterMs = 0) {
    this.#startWallMs = START_WALL_MS + laterMs;
  }

  wallMs(): number {
    return this.#startWallMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (!(delayMs >= 0)) throw new RangeError(`Cannot set a timer: delayMs is ${delayMs}`);
    return this.at(this.#nowMs + delayMs, callback);
  }

  /** Calls back at a virtual time, which must not have passed, or as soon after as the gate lets it in. */
  at(dueMs: number, callback: () => void, gate?: Gate): Timer {
    return this.#queue.add(dueMs, callback, gate);
  }

  defer(callback: () => void, gate: Gate = OPEN): void {
    this.#deferred.add(callback, gate);
  }

  /** Events that have happened. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /**
   * Lets time pass until the promise settles, and settles like it. Rejects with SimulationStuckError where nothing is left to
   * happen before that, or a limit is reached. One run at a time.
   */
  run<T>(promise: Promise<T>, limits: RunLimits): Promise<T> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const settle = (): void => {
        isOver = true;
        resolve(promise);
      };
      promise.then(settle, settle);
      const step = (): void => {
        if (isOver) return;
        const problem = this.#step(limits);
        if (problem !== undefined) {
          isOver = true;
          reject(new SimulationStuckError(problem));
        }
      };
      const round = (): void => {
        for (let count = 0; count < STEPS_PER_ROUND; count += 1) setImmediate(step);
        setImmediate(() => {
          if (!isOver) round();
        });
      };
      round();
    });
  }

  /** Says why there is no step to take; otherwise takes it. */
  #step({ untilMs, stop }: RunLimits): string | undefined {
    this.#eventCount += 1;
    if (this.#eventCount % EVENTS_PER_QUESTION === 0 && stop?.() === true) {
      return "Cannot go on: the run was stopped";
    }
    if (this.#deferred.size > 0) {
      const turn = this.#deferred;
      this.#deferred = this.#spare;
      this.#spare = turn;
      turn.callAll();
      return undefined;
    }
    const event = this.#queue.pop();
    if (event === undefined)
      return "Cannot go on: nothing is left to happen, and the run is not over";
    if (event.dueMs > untilMs) {
      return `Cannot go on: the run is not over after ${Math.round(untilMs)} ms of virtual time`;
    }
    this.#nowMs = event.dueMs;
    event.happen();
    return undefined;
  }
}

const OPEN: Gate = {
  enterWith: (callback, argument) => callback(argument),
};

/** The callbacks of one turn. */
class Deferred {
  readonly #callbacks: (() => void)[] = [];
  readonly #gates: Gate[] = [];

  get size(): number {
    return this.#callbacks.length;
  }

  add(callback: () => void, gate: Gate): void {
    this.#callbacks.push(callback);
    this.#gates.push(gate);
  }

  /** In order; empty afterwards. */
  callAll(): void {
    const count = this.#callbacks.length;
    for (let at = 0; at < count; at += 1) {
      (this.#gates[at] as Gate).enterWith(this.#callbacks[at] as () => void, undefined);
    }
    // Lists whose length is set to 0 lose their room, those that are popped keep it.
    for (let at = 0; at < count; at += 1) {
      this.#callbacks.pop();
      this.#gates.pop();
    }
  }
}
