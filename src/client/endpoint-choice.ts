/*
 * Which node to ask next. Problem: any node takes any request (D-4.5-1), so a call should move on from a node that is
 * down, and the next call should not pay for finding that out again; but a node that is merely believed down must be
 * asked when nothing better is left, since belief is local and often wrong.
 */
export interface EndpointChoice {
  /** Index of the endpoint to ask. */
  readonly index: number;
  /** How long it still wants to be left alone (Retry-After); 0 mostly. Retries wait for it, new calls do not. */
  readonly waitMs: number;
}

/** What one client remembers of its endpoints, between calls too. */
export class EndpointChooser {
  readonly #suspectUntilMs: number[];
  readonly #holdOffUntilMs: number[];

  constructor(endpointCount: number) {
    this.#suspectUntilMs = new Array<number>(endpointCount).fill(Number.NEGATIVE_INFINITY);
    this.#holdOffUntilMs = new Array<number>(endpointCount).fill(Number.NEGATIVE_INFINITY);
  }

  /**
   * The best endpoint now: of those that wait least, one not suspected; of these the least tried in this call, of these
   * the first configured. `tries` counts this call's attempts by endpoint.
   */
  choose(nowMs: number, tries: readonly number[]): EndpointChoice {
    let best = 0;
    for (let index = 1; index < this.#suspectUntilMs.length; index += 1) {
      const order =
        this.#waitMs(index, nowMs) - this.#waitMs(best, nowMs) ||
        this.#suspicion(index, nowMs) - this.#suspicion(best, nowMs) ||
        (tries[index] ?? 0) - (tries[best] ?? 0);
      if (order < 0) {
        best = index;
      }
    }
    return { index: best, waitMs: this.#waitMs(best, nowMs) };
  }

  /** It gave no answer: others are preferred until then. */
  suspect(index: number, untilMs: number): void {
    this.#suspectUntilMs[index] = untilMs;
  }

  /** It answered, whatever it said. */
  trust(index: number): void {
    this.#suspectUntilMs[index] = Number.NEGATIVE_INFINITY;
  }

  /** It asked to be left alone until then. */
  holdOff(index: number, untilMs: number): void {
    this.#holdOffUntilMs[index] = untilMs;
  }

  #waitMs(index: number, nowMs: number): number {
    return Math.max(0, (this.#holdOffUntilMs[index] ?? 0) - nowMs);
  }

  #suspicion(index: number, nowMs: number): number {
    return (this.#suspectUntilMs[index] ?? 0) > nowMs ? 1 : 0;
  }
}
