/**
 * How much of its time a background task may take (D-6.5): so many keys and so many bytes a second, each on average. What was
 * not used is not saved up.
 */
export interface PaceLimits {
  readonly keysPerSecond: number;
  readonly bytesPerSecond: number;
}

export class Pace {
  readonly #limits: PaceLimits;
  /** When all that was spent so far is paid for. */
  #paidMs = Number.NEGATIVE_INFINITY;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  /** Records what was done just now; gives how long to wait before more is done, in milliseconds. */
  spend(nowMs: number, { keys, bytes }: { readonly keys: number; readonly bytes: number }): number {
    const { keysPerSecond, bytesPerSecond } = this.#limits;
    const costMs = 1_000 * Math.max(keys / keysPerSecond, bytes / bytesPerSecond);
    this.#paidMs = Math.max(this.#paidMs, nowMs) + costMs;
    return this.#paidMs - nowMs;
  }
}
