/*
 * Which node to ask next. Problem: any node takes any request (D-4.5-1), so a call should move on from a node that is
 * down, and the next call should not pay for finding that out again; but a node that is merely believed down must be
 * asked when nothing better is left, since belief is local and often wrong.
 */
export interface EndpointChoice {
  /** Base URL of the node to ask. */
  readonly endpoint: string;
  /** How long it still wants to be left alone (Retry-After); 0 mostly. Retries wait for it, new calls do not. */
  readonly waitMs: number;
}

/** What one client remembers of the nodes that it asked, between calls too. */
export class EndpointChooser {
  readonly #suspectUntilMs = new Map<string, number>();
  readonly #holdOffUntilMs = new Map<string, number>();

  /**
   * The best endpoint now: of those that wait least, one not suspected; of these the least tried in this call, of these
   * the first in order. `tries` counts this call's attempts by endpoint; there is at least one endpoint.
   */
  choose(
    nowMs: number,
    endpoints: readonly string[],
    tries: ReadonlyMap<string, number>,
  ): EndpointChoice {
    let best = endpoints[0] ?? "";
    for (const endpoint of endpoints) {
      const order =
        this.#waitMs(endpoint, nowMs) - this.#waitMs(best, nowMs) ||
        Number(this.isSuspected(endpoint, nowMs)) - Number(this.isSuspected(best, nowMs)) ||
        (tries.get(endpoint) ?? 0) - (tries.get(best) ?? 0);
      if (order < 0) best = endpoint;
    }
    return { endpoint: best, waitMs: this.#waitMs(best, nowMs) };
  }

  /** It gave no answer: others are preferred until then. */
  suspect(endpoint: string, untilMs: number): void {
    this.#suspectUntilMs.set(endpoint, untilMs);
  }

  /** It answered, whatever it said. */
  trust(endpoint: string): void {
    this.#suspectUntilMs.delete(endpoint);
  }

  /** It asked to be left alone until then. */
  holdOff(endpoint: string, untilMs: number): void {
    this.#holdOffUntilMs.set(endpoint, untilMs);
  }

  isSuspected(endpoint: string, nowMs: number): boolean {
    return (this.#suspectUntilMs.get(endpoint) ?? Number.NEGATIVE_INFINITY) > nowMs;
  }

  #waitMs(endpoint: string, nowMs: number): number {
    return Math.max(0, (this.#holdOffUntilMs.get(endpoint) ?? 0) - nowMs);
  }
}
