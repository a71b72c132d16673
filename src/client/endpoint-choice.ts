/*
 * Which node to ask next. Problem: any node takes any request (D-4.5-1), so a call should move on from a node that is
 * down, and the next call should not pay for finding that out again; but a node that is merely believed down must be
 * asked when nothing better is left, and now and then before, since belief is local and often wrong.
 *
 * Sketch: a node that gave no answer is doubted until it gives one. One doubted node at a time is asked ahead of others, as a probe; after one
 * that was in vain none is for a while, so that however many nodes are down, few calls pay, and each once. Each has its turn: who
 * was probed in vain comes after all that are doubted. A probe that is answered lets the others follow soon, since what cut off
 * one mostly cut off more. Where all are doubted, who was asked longest ago is asked first.
 *
 * A node that asks to be left alone comes after a doubted one: it said that it cannot, the other is only believed to be unable. So
 * while all that answer ask for that, calls go to those that are down.
 */
export interface EndpointChoice {
  /** Base URL of the node to ask. */
  readonly endpoint: string;
  /** How long it still wants to be left alone (Retry-After); 0 mostly. Retries wait for it, new calls do not. */
  readonly waitMs: number;
}

export interface Patience {
  /** From a silence to the next probe at least; 0: no node is ever doubted. */
  readonly suspectMs: number;
  /** Most that an attempt takes. */
  readonly attemptTimeoutMs: number;
}

/** What a call brings to the choice. */
export interface CallSoFar {
  /** Its attempts by endpoint. */
  readonly tries: ReadonlyMap<string, number>;
  /** True where it would fail with a probe: it makes one only of a node that nobody has asked for long. */
  readonly isProbeCostly: boolean;
}

/** What one client remembers of the nodes that it asked, between calls too. */
export class EndpointChooser {
  readonly #patience: Patience;
  readonly #doubts = new Map<string, Doubt>();
  readonly #holdOffUntilMs = new Map<string, number>();
  /** No probe before. */
  #probesFromMs = Number.NEGATIVE_INFINITY;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  /**
   * The best endpoint now: of those that wait least, the probe or one not doubted; of these the least tried in this call; of these the
   * first in order, or of doubted ones that which was asked longest ago. There is at least one endpoint.
   */
  choose(nowMs: number, endpoints: readonly string[], soFar: CallSoFar): EndpointChoice {
    const { tries } = soFar;
    for (const [endpoint, untilMs] of this.#holdOffUntilMs) {
      if (untilMs <= nowMs) this.#holdOffUntilMs.delete(endpoint);
    }
    let best = endpoints[0] ?? "";
    // Mostly nothing speaks against any of them.
    if (this.#doubts.size === 0 && this.#holdOffUntilMs.size === 0 && tries.size === 0) {
      return { endpoint: best, waitMs: 0 };
    }
    const probe = nowMs >= this.#probesFromMs ? this.#due(nowMs, endpoints, soFar) : undefined;
    const isPutOff = (endpoint: string): boolean =>
      endpoint !== probe && this.#doubts.has(endpoint);
    for (const endpoint of endpoints) {
      const order =
        this.#waitMs(endpoint, nowMs) - this.#waitMs(best, nowMs) ||
        Number(isPutOff(endpoint)) - Number(isPutOff(best)) ||
        (tries.get(endpoint) ?? 0) - (tries.get(best) ?? 0) ||
        (isPutOff(best) ? this.#lastMs(endpoint) - this.#lastMs(best) : 0);
      if (order < 0) best = endpoint;
    }
    return { endpoint: best, waitMs: this.#waitMs(best, nowMs) };
  }

  /** An attempt begins; it takes so long at most. */
  asked(endpoint: string, nowMs: number, timeoutMs: number): void {
    const doubt = this.#doubts.get(endpoint);
    if (doubt === undefined) return;
    doubt.lastMs = nowMs;
    doubt.dueMs = nowMs + timeoutMs;
    this.#probesFromMs = Math.max(this.#probesFromMs, nowMs + timeoutMs);
  }

  /** It gave no answer to an attempt that began at `startMs`. */
  doubt(endpoint: string, startMs: number, nowMs: number): void {
    const { suspectMs, attemptTimeoutMs } = this.#patience;
    if (suspectMs === 0) return;
    const known = this.#doubts.get(endpoint);
    // Begun before the doubt, or before the probe that is under way: no news.
    if (known !== undefined && startMs < known.lastMs) return;
    const dueMs = nowMs + suspectMs;
    // Nodes newly found silent do not put off the probes of others, or with enough of them there would be none.
    if (known !== undefined || nowMs >= this.#probesFromMs) this.#probesFromMs = dueMs;
    const others = known === undefined ? 0 : this.#doubts.size - 1;
    const roundMs = others * (attemptTimeoutMs + suspectMs);
    this.#doubts.set(endpoint, { lastMs: nowMs, dueMs: dueMs + roundMs });
  }

  /** It answered, whatever it said. */
  trust(endpoint: string): void {
    if (!this.#doubts.delete(endpoint)) return;
    this.#probesFromMs = Number.NEGATIVE_INFINITY;
    const { suspectMs, attemptTimeoutMs } = this.#patience;
    // Not before a probe that is under way has ended.
    const soonMs = Math.max(suspectMs, attemptTimeoutMs);
    for (const doubt of this.#doubts.values()) {
      doubt.dueMs = Math.min(doubt.dueMs, doubt.lastMs + soonMs);
    }
  }

  /** It asked to be left alone until then. */
  holdOff(endpoint: string, untilMs: number): void {
    this.#holdOffUntilMs.set(endpoint, untilMs);
  }

  /** Forgets nodes that are not among these: each that stayed would make the rounds of probes longer. */
  keepOnly(endpoints: readonly string[]): void {
    const kept = new Set(endpoints);
    for (const known of [this.#doubts, this.#holdOffUntilMs]) {
      for (const endpoint of known.keys()) if (!kept.has(endpoint)) known.delete(endpoint);
    }
  }

  /** It gave no answer or was asked in doubt, not long ago. */
  isSuspected(endpoint: string, nowMs: number): boolean {
    return this.#lastMs(endpoint) + this.#patience.suspectMs > nowMs;
  }

  /** Of the doubted nodes that come before all others that this call can still ask, the one whose turn it is. */
  #due(
    nowMs: number,
    endpoints: readonly string[],
    { tries, isProbeCostly }: CallSoFar,
  ): string | undefined {
    const sinceDueMs = isProbeCostly ? COSTLY_PROBE_AFTER * this.#patience.suspectMs : 0;
    let due: string | undefined;
    for (const endpoint of endpoints) {
      if (tries.has(endpoint) || this.#waitMs(endpoint, nowMs) > 0) continue;
      const doubt = this.#doubts.get(endpoint);
      if (doubt === undefined) break;
      if (doubt.dueMs + sinceDueMs > nowMs) continue;
      if (due === undefined || doubt.lastMs < this.#lastMs(due)) due = endpoint;
    }
    return due;
  }

  #lastMs(endpoint: string): number {
    return this.#doubts.get(endpoint)?.lastMs ?? Number.NEGATIVE_INFINITY;
  }

  #waitMs(endpoint: string, nowMs: number): number {
    return Math.max(0, (this.#holdOffUntilMs.get(endpoint) ?? 0) - nowMs);
  }
}

/** Times of suspicion. */
const COSTLY_PROBE_AFTER = 10;

interface Doubt {
  /** When it was asked or silent last. */
  lastMs: number;
  /** It is no probe before. */
  dueMs: number;
}
