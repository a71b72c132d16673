/** How long things take at most in one simulated world while nothing disturbs them, in milliseconds. */
export interface TimeBounds {
  /** How long after its deadline a write may be answered for the coordinator's own disk alone, disturbed or not. */
  readonly writeGraceMs: number;
  /** After which silence a request turns to a stand-in. */
  readonly hedgeMs: number;
  /** Until a healthy node has answered another's read, its connection dialled anew. */
  readonly readAnswerMs: number;
  /** The same of a write, its coordinator's wait for the row and for its own disk included. */
  readonly writeAnswerMs: number;
  /** After a fault, until two nodes have found each other again. */
  readonly settleMs: number;
}
