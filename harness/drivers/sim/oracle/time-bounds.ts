/** How long things take at most in one simulated world while nothing disturbs them, in milliseconds. */
export interface TimeBounds {
  /** What the coordinator's own disk may take for a write, disturbed or not. */
  readonly ownDiskMs: number;
  /** After which silence a request turns to a stand-in. */
  readonly hedgeMs: number;
  /** Until a healthy node has answered another's read, its connection dialled anew. */
  readonly readAnswerMs: number;
  /** The same of a write, its coordinator's wait for the row and for its own disk included. */
  readonly writeAnswerMs: number;
  /** Past its caller's deadline, until a write is not made any more: nodes know each other's clocks as exactly as they greet each other fast. */
  readonly mintedLateMs: number;
  /** False where a write waits for one certain node even if an owner was asked, since another coordinates it. */
  readonly ownersCoordinate: boolean;
  /** After a fault, until two nodes have found each other again. */
  readonly settleMs: number;
  /** Until a connection on which nothing comes back is given up. */
  readonly silenceMs: number;
}

/** Deadlines of calls to peers are looked at every 4 ms, and what is left of one is rounded up to a millisecond. */
const TICKS_MS = 5;
/** Clocks of nodes are wrong by no more than 500 parts in a million; twice that, to be sure. */
const DRIFT_MAX = 0.001;

/** How much later than a node's deadline of `spanMs` what it does then may happen, for its clock and its timers alone. */
export function timerSlackMs(spanMs: number): number {
  return TICKS_MS + DRIFT_MAX * spanMs;
}
