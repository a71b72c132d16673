import type { Clock, Timer, WallShift } from "../clock.ts";

interface PendingTimer extends Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Turns that one `advance` or `settle` may take; more means that something defers itself for ever. */
const TURNS_MAX = 100_000;

/**
 * A clock that stands still until told otherwise. `runTurn` ends one turn: it runs what was deferred until then.
 * `settle` ends turns until nothing is deferred; `advance` does that too and fires timers in due order on the way.
 */
export class ManualClock implements Clock, WallShift {
  #nowMs: number;
  #wallOffsetMs: number;
  #wallShiftMs = 0;
  #order = 0;
  #deferred: (() => void)[] = [];
  readonly #timers = new Set<PendingTimer>();

  constructor(startMs = 1_000, wallMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
    this.#wallOffsetMs = wallMs - startMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs + this.#wallShiftMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (!(delayMs >= 0)) throw new RangeError(`Cannot set a timer: delayMs is ${delayMs}`);
    const timer: PendingTimer = {
      dueMs: this.#nowMs + delayMs,
      order: this.#order++,
      callback,
      cancel: () => {
        this.#timers.delete(timer);
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  /** How many timers are set; a test that ends with some has left something running. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Lets the wall clock jump without any monotonic time passing. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  setWallOffset(offsetMs: number): void {
    this.#wallShiftMs = offsetMs;
  }

  /** Runs what was deferred before this call; true when there was anything. */
  runTurn(): boolean {
    const turn = this.#deferred;
    this.#deferred = [];
    for (const callback of turn) callback();
    return turn.length > 0;
  }

  settle(): void {
    for (let turns = 0; this.runTurn(); turns++) {
      if (turns > TURNS_MAX) throw new Error(`Cannot settle: still busy after ${TURNS_MAX} turns`);
    }
  }

  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    this.settle();
    for (let fired = 0; ; fired++) {
      const timer = this.#earliest();
      if (timer === undefined || timer.dueMs > endMs) break;
      if (fired > TURNS_MAX) throw new Error(`Cannot advance: over ${TURNS_MAX} timers fired`);
      this.#timers.delete(timer);
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.callback();
      this.settle();
    }
    this.#nowMs = endMs;
  }

  #earliest(): PendingTimer | undefined {
    let earliest: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (
        earliest === undefined ||
        timer.dueMs < earliest.dueMs ||
        (timer.dueMs === earliest.dueMs && timer.order < earliest.order)
      ) {
        earliest = timer;
      }
    }
    return earliest;
  }
}
