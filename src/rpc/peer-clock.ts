/*
 * Until when a request may be carried out, in the time of the peer that carries it out.
 *
 * Two monotonic clocks have nothing in common. But the peer's answer to our hello was given after the hello was sent, so what its clock
 * said then is no less than what it said when ours said `greetedMs`: from there a moment of ours gives one of the peer's that is not
 * before it, and later than it by no more than the exchange of hellos took, which is bounded. A clock that runs too fast or too slow is
 * allowed for. One that stood still for a while (a machine that was suspended) is not: its requests are taken for late, nothing is
 * answered, and the silence ends the connection.
 *
 * On the wire a moment is its last 32 bits in whole milliseconds, so two can be told apart that are less than 24 days apart.
 */

/** Twice the rate by which ntpd steers a clock at most. */
const DRIFT_MAX = 0.001;

export class PeerClock {
  readonly #greetedMs: number;
  readonly #aheadMs: number;

  /** `greetedMs`: when our hello was sent. `answeredClock`: what the peer's clock said when it answered, as `clockOnWire`. */
  constructor(greetedMs: number, answeredClock: number) {
    this.#greetedMs = greetedMs;
    this.#aheadMs = answeredClock - greetedMs;
  }

  /** A moment of our clock by the peer's, for the wire; never before it. */
  latestOnWire(momentMs: number): number {
    const driftMs = DRIFT_MAX * (momentMs - this.#greetedMs);
    return clockOnWire(momentMs + this.#aheadMs + driftMs);
  }
}

/** A moment of a monotonic clock for the wire. */
export function clockOnWire(momentMs: number): number {
  return Math.ceil(momentMs) >>> 0;
}

/** True where the moment that stands on the wire has passed by the clock it was meant for. */
export function isPast(moment: number, nowMs: number): boolean {
  return ((Math.floor(nowMs) - moment) | 0) > 0;
}
