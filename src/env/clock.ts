/** A pending callback; cancelling one that has fired or was cancelled before does nothing. */
export interface Timer {
  cancel(): void;
}

/** Makes a node's wall clock wrong, for tests of what wrong clocks do. The monotonic clock stays as it is. */
export interface WallShift {
  /** From now on `wallMs` is off by this; 0: it tells the machine's time again. */
  setWallOffset(offsetMs: number): void;
}

/** Time as the node sees it. The only source of time outside `platform` and the harness's edges. */
export interface Clock {
  /** Wall time in milliseconds since 1970; may jump in both directions. */
  wallMs(): number;
  /** Monotonic time in milliseconds, with fractions, from an arbitrary origin; never goes back. */
  monotonicMs(): number;
  /** Calls back once, `delayMs` (0 or more) from now. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Calls back at the end of the current turn, after all input that is at hand was handled. */
  defer(callback: () => void): void;
}
