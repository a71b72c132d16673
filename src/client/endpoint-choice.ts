/*
 * Which node to ask next. Problem: any node takes any request (D-4.5-1), so a call should move on from a node that is
 * down, and the next call should not pay for finding that out again; but a node that is merely believed down must be
 * asked when nothing better is left, and now and then before, since belief is local and often wrong.
 *
 * Sketch: a node that gave no answer is doubted until it gives one. One doubted node at a time is asked ahead of others, the one that was
 * silent longest ago, and only when none has been asked and nobody has been silent for a while: however many are down, a call meets one of
 * them and not each in turn, and the calls beside it and for a while after it meet none. Where all are doubted they take turns.
 */
export interface EndpointChoice {
  /** Base URL of the node to ask. */
  readonly endpoint: string;
  /** How long it still wants to be left alone (Retry-After); 0 mostly. Retries wait for it, new calls do not. */
  readonly waitMs: number;
}

/** What one client remembers of the nodes that it asked, between calls too. */
export class EndpointChooser {
  readonly #suspectMs: number;
  /** When each node that is doubted was silent last. */
  readonly #silentMs = new Map<string, number>();
  readonly #holdOffUntilMs = new Map<string, number>();
  /** When a doubted node was asked or any was silent last. */
  #troubleMs = Number.NEGATIVE_INFINITY;

  /** `suspectMs`: from one doubted node that is asked while another is left to the next; 0: none is ever doubted. */
  constructor(suspectMs: number) {
    this.#suspectMs = suspectMs;
  }

  /**
   * The best endpoint now: of those that wait least, one not doubted, or the doubted one whose turn it is; of these the least tried in
   * this call, of these the first in order. `tries` counts this call's attempts by endpoint; there is at least one endpoint.
   */
  choose(
    nowMs: number,
    endpoints: readonly string[],
    tries: ReadonlyMap<string, number>,
  ): EndpointChoice {
    const turn = this.#turn(nowMs, endpoints);
    const isPutOff = (endpoint: string): boolean =>
      endpoint !== turn && this.#silentMs.has(endpoint);
    let best = endpoints[0] ?? "";
    for (const endpoint of endpoints) {
      const isBetter =
        this.#waitMs(endpoint, nowMs) - this.#waitMs(best, nowMs) ||
        Number(isPutOff(endpoint)) - Number(isPutOff(best)) ||
        (tries.get(endpoint) ?? 0) - (tries.get(best) ?? 0) ||
        (isPutOff(best) ? this.#silentAt(endpoint) - this.#silentAt(best) : 0);
      if (isBetter < 0) best = endpoint;
    }
    return { endpoint: best, waitMs: this.#waitMs(best, nowMs) };
  }

  /** An attempt begins. */
  asked(endpoint: string, nowMs: number): void {
    if (this.#silentMs.has(endpoint)) this.#troubleMs = nowMs;
  }

  /** It gave no answer. */
  doubt(endpoint: string, nowMs: number): void {
    if (this.#suspectMs === 0) return;
    this.#silentMs.set(endpoint, nowMs);
    this.#troubleMs = nowMs;
  }

  /** It answered, whatever it said. */
  trust(endpoint: string): void {
    this.#silentMs.delete(endpoint);
  }

  /** It asked to be left alone until then. */
  holdOff(endpoint: string, untilMs: number): void {
    this.#holdOffUntilMs.set(endpoint, untilMs);
  }

  /** It gave no answer, and that is not long ago. */
  isSuspected(endpoint: string, nowMs: number): boolean {
    return this.#silentAt(endpoint) + this.#suspectMs > nowMs;
  }

  /** Of the doubted nodes that come before all others, the one that was silent longest ago, when it is time to ask one again. */
  #turn(nowMs: number, endpoints: readonly string[]): string | undefined {
    if (this.#troubleMs + this.#suspectMs > nowMs) return undefined;
    let turn: string | undefined;
    for (const endpoint of endpoints) {
      if (!this.#silentMs.has(endpoint)) break;
      if (turn === undefined || this.#silentAt(endpoint) < this.#silentAt(turn)) turn = endpoint;
    }
    return turn;
  }

  #silentAt(endpoint: string): number {
    return this.#silentMs.get(endpoint) ?? Number.NEGATIVE_INFINITY;
  }

  #waitMs(endpoint: string, nowMs: number): number {
    return Math.max(0, (this.#holdOffUntilMs.get(endpoint) ?? 0) - nowMs);
  }
}
