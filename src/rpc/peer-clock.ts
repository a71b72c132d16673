/*
 * Until when a request may be carried out, in the time of the peer that carries it out.
 *
 * Two monotonic clocks have nothing in common. But an answer says what its sender's clock showed, at some moment after we asked and before we
 * had it: so the peer's clock is ahead of ours by `clock - receivedMs` at least and by `clock - sentMs` at most. By the latter a moment of
 * ours becomes one of the peer's that is never before it, and later by no more than the exchange took. The tightest bound counts; it
 * grows by what two clocks may drift apart, until the next answer. An answer whose least is above our most shows that one of the clocks
 * stood still or was set, as a suspended machine's is, and begins anew.
 *
 * On the wire a moment is its last 32 bits in whole milliseconds, so two can be told apart that are less than 24 days apart.
 */

/** Ten times as much as two clocks drift apart that are let alone; one that is being set back faster than that begins anew. */
const DRIFT_MAX = 0.001;
/** A clock on the wire is rounded up, and so is what is reckoned with it. */
const ROUNDING_MS = 2;

/** One answer: when we asked and when we had it by our clock, and what the peer's showed between, as `clockOnWire`. */
export interface ClockExchange {
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly clock: number;
}

export class PeerClock {
  #sentMs: number;
  #aheadMs: number;

  /** With what the answer to the first question said. */
  constructor({ sentMs, clock }: Omit<ClockExchange, "receivedMs">) {
    this.#sentMs = sentMs;
    this.#aheadMs = clock - sentMs;
  }

  observe({ sentMs, receivedMs, clock }: ClockExchange): void {
    const aheadMs = this.#aheadMsAt(sentMs);
    const differenceMs = (clock - Math.floor(sentMs + aheadMs)) | 0;
    const isApart = differenceMs - (receivedMs - sentMs) > ROUNDING_MS;
    if (differenceMs >= 0 && !isApart) return;
    this.#sentMs = sentMs;
    this.#aheadMs = aheadMs + differenceMs;
  }

  /** A moment of our clock by the peer's, for the wire; never before it. */
  latestOnWire(momentMs: number): number {
    return clockOnWire(momentMs + this.#aheadMsAt(momentMs));
  }

  #aheadMsAt(momentMs: number): number {
    return this.#aheadMs + DRIFT_MAX * (momentMs - this.#sentMs);
  }
}

/** A moment of a monotonic clock for the wire. */
export function clockOnWire(momentMs: number): number {
  return Math.ceil(momentMs) >>> 0;
}

/** How long it is until the moment that stands on the wire, by the clock it was meant for; below 0 where it has passed. */
export function remainingMs(moment: number, nowMs: number): number {
  return (moment - Math.floor(nowMs)) | 0;
}
