import type { NodeId } from "../base/ids.ts";
import type { Engine } from "../storage/engine.ts";
import { KeyLock } from "./key-lock.ts";
import type { LifeClaim } from "./life.ts";
import type { PeerLifeRow } from "./life-rows.ts";
import { readPeerLife, writeLife } from "./life-rows.ts";

/**
 * What this node remembers of the lives of its peers. A peer that goes on with an incarnation names the life before, and is
 * vouched for only where that is the last one known here: so of all that begin from the same data, a restored backup or a copy on
 * another machine among them, each peer vouches for one at most, and one that was wiped itself for none.
 */
export class PeerLives {
  readonly #engine: Engine;
  readonly #lock = new KeyLock();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Whether the life may go on. What is accepted is stored before it is told. Asking again changes nothing. */
  async accept(from: NodeId, claim: LifeClaim): Promise<boolean> {
    const turn = this.#lock.acquire(from);
    if (turn !== undefined) await turn.comes;
    try {
      const known = await readPeerLife(this.#engine, from);
      if (known !== undefined && isSame(known, claim)) return true;
      if (claim.after === undefined ? !isFresh(known, claim) : !isNext(known, claim)) return false;
      await writeLife(this.#engine, from, remembered(known, claim));
      return true;
    } finally {
      this.#lock.release(from);
    }
  }
}

/** Most past incarnations remembered of a peer: a message may be late by so many lives and still be known for old. */
const PAST_MAX = 16;

function isSame(known: PeerLifeRow, { incarnation, life }: LifeClaim): boolean {
  return known.incarnation === incarnation && known.life === life;
}

/** A fresh incarnation is taken note of, unless it is an old one that comes late. */
function isFresh(known: PeerLifeRow | undefined, { incarnation }: LifeClaim): boolean {
  return known?.incarnation !== incarnation && known?.past.includes(incarnation) !== true;
}

function isNext(known: PeerLifeRow | undefined, { incarnation, after }: LifeClaim): boolean {
  return known?.incarnation === incarnation && known.life === after;
}

function remembered(known: PeerLifeRow | undefined, { incarnation, life }: LifeClaim): PeerLifeRow {
  const isOther = known !== undefined && known.incarnation !== incarnation;
  const past = isOther ? [...known.past, known.incarnation].slice(-PAST_MAX) : (known?.past ?? []);
  return { format: 2, incarnation, life, past };
}
