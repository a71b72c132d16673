import type { Actor } from "../../../../src/base/ids.ts";
import type { Clock } from "../../../../src/causality/versioning.ts";
import { coversClock } from "./covers-clock.ts";

/** One write as a coordinator made it: the moment at which it got its dot. */
export interface Mint {
  readonly actor: Actor;
  readonly counter: number;
  /** One character a byte. */
  readonly payload: string;
  /** By which nodes know the write again; undefined where it has none, or the record's dots do not show. */
  readonly operation?: string | undefined;
  /** What the client's context covered; where equal payloads were written at once, what any of them covered. */
  readonly context: Clock;
  /** Counts the mints of the key. */
  readonly serial: number;
}

/**
 * Every write of one key that ever got a dot, and which supersedes which.
 *
 * A context covers the dots of an actor from 1 on, and a clock that holds counter c of an actor holds all that actor's
 * writes up to c. So for each actor the join of the contexts of its writes so far answers, for any clock, whether
 * something the clock covers supersedes a given write: no walk over all writes is needed, however hot the key.
 */
export class KeyHistory {
  readonly #byActor = new Map<Actor, Known[]>();
  readonly #byPayload = new Map<string, Mint[]>();
  #count = 0;
  #isCertain = true;

  /** Mints so far. */
  get count(): number {
    return this.#count;
  }

  /** False once equal payloads were written at once: a mint's context may be more than its own since. */
  get isCertain(): boolean {
    return this.#isCertain;
  }

  /** From now on contexts are the most that a mint may have covered, and no longer what it did. */
  doubt(): void {
    this.#isCertain = false;
  }

  mint(actor: Actor, counter: number): Mint | undefined {
    const known = this.#lastUpTo(actor, counter);
    return known?.mint.counter === counter ? known.mint : undefined;
  }

  mintsOf(payload: string): readonly Mint[] {
    return this.#byPayload.get(payload) ?? NONE;
  }

  add(fresh: Omit<Mint, "serial">): Mint {
    const mint: Mint = { ...fresh, serial: this.#count };
    this.#count += 1;
    let ofActor = this.#byActor.get(mint.actor);
    if (ofActor === undefined) {
      ofActor = [];
      this.#byActor.set(mint.actor, ofActor);
    }
    insert(ofActor, mint);
    const ofPayload = this.#byPayload.get(mint.payload);
    if (ofPayload === undefined) {
      this.#byPayload.set(mint.payload, [mint]);
    } else {
      ofPayload.push(mint);
    }
    return mint;
  }

  /**
   * The last write of each actor that the clock covers, the newest of all first: most is superseded by that one. Without
   * the actors of which `but` covers as many.
   */
  topsOf(clock: Clock, but: Clock = NOTHING): readonly Known[] {
    const tops: Known[] = [];
    for (const [actor, counter] of clock) {
      if (but.get(actor) === counter) {
        continue;
      }
      const last = this.#lastUpTo(actor, counter);
      if (last === undefined) continue;
      const newest = tops[0];
      if (newest !== undefined && last.mint.serial > newest.mint.serial) {
        tops[0] = last;
        tops.push(newest);
      } else {
        tops.push(last);
      }
    }
    return tops;
  }

  /** What the clock covers and nothing it covers supersedes: what a record of this clock must hold. */
  unsuperseded(clock: Clock): readonly Mint[] {
    const tops = this.topsOf(clock);
    const alive: Mint[] = [];
    for (const { mint } of tops) {
      const ofActor = this.#byActor.get(mint.actor) ?? [];
      for (let index = indexOf(ofActor, mint); index >= 0; index -= 1) {
        const known = ofActor[index] as Known;
        if (isSuperseded(known.mint, tops)) {
          // So are all before it.
          break;
        }
        alive.push(known.mint);
      }
    }
    return alive;
  }

  /** Writes that the clock covers and whose own contexts cover `mint`. Walks over all writes: for post-mortems only. */
  superseding(mint: Mint, clock: Clock): readonly Mint[] {
    const found: Mint[] = [];
    for (const ofActor of this.#byActor.values()) {
      for (const { mint: other } of ofActor) {
        if (covers(other.context, mint) && covers(clock, other)) {
          found.push(other);
        }
      }
    }
    return found;
  }

  #lastUpTo(actor: Actor, counter: number): Known | undefined {
    const ofActor = this.#byActor.get(actor);
    if (ofActor === undefined) {
      return undefined;
    }
    const dense = counter > 0 ? ofActor[counter - 1] : undefined;
    // Counters begin at 1 and leave nothing out, unless the mode or a fault makes it otherwise.
    return dense?.mint.counter === counter
      ? dense
      : ofActor.findLast((known) => known.mint.counter <= counter);
  }
}

/** A mint and what the contexts of its actor's mints cover, up to this one. */
export interface Known {
  readonly mint: Mint;
  readonly covered: Clock;
}

export function covers(clock: Clock, { actor, counter }: Mint): boolean {
  return (clock.get(actor) ?? 0) >= counter;
}

/** True where something that `tops` stand for supersedes the write. */
export function isSuperseded(mint: Mint, tops: readonly Known[]): boolean {
  for (const { covered } of tops) {
    if (covers(covered, mint)) {
      return true;
    }
  }
  return false;
}

/** The least clock that covers what both do: one of them where it is that, as whoever writes has mostly seen what was written before. */
export function joined(left: Clock, right: Clock): Clock {
  if (coversClock(right, left)) return right;
  if (coversClock(left, right)) return left;
  const clock = new Map(left);
  for (const [actor, counter] of right) {
    if (counter > (clock.get(actor) ?? 0)) {
      clock.set(actor, counter);
    }
  }
  return clock;
}

const NONE: readonly Mint[] = [];
const NOTHING: Clock = new Map();

/** Where a mint stands among those of its actor. */
function indexOf(ofActor: readonly Known[], mint: Mint): number {
  const dense = mint.counter - 1;
  return ofActor[dense]?.mint === mint
    ? dense
    : ofActor.findLastIndex((known) => known.mint === mint);
}

/** Keeps counters ascending. Mints come in order but for those whose coordinator's disk refused them. */
function insert(ofActor: Known[], mint: Mint): void {
  const last = ofActor.at(-1);
  if (last === undefined || last.mint.counter < mint.counter) {
    ofActor.push({ mint, covered: joined(last?.covered ?? NOTHING, mint.context) });
    return;
  }
  const before = ofActor.findLastIndex((known) => known.mint.counter < mint.counter);
  const later = ofActor.splice(before + 1).map((known) => known.mint);
  let covered = ofActor[before]?.covered ?? NOTHING;
  for (const each of [mint, ...later]) {
    covered = joined(covered, each.context);
    ofActor.push({ mint: each, covered });
  }
}
