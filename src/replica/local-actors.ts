import { actorOf } from "../base/actor.ts";
import type { Actor, NodeId } from "../base/ids.ts";
import type { Siblings } from "../causality/versioning.ts";
import type { Life } from "./life.ts";

/** What actors are made of. */
type MintingLife = Pick<Life, "incarnation" | "nextEpoch" | "takeEpoch">;

/**
 * Under whom this node may mint (architecture, "Actors"; K-6, K-7). A dot must never name two writes, and the record of
 * a row tells the highest counter of its local actor only while three things hold:
 *
 * - The row is the one the actor was made for. Actors are never copied between rows, and epochs are never used twice.
 * - No write of the row was lost. A write that failed may have been seen by peers, and the row went back to a lower
 *   counter, so its actor is retired for good.
 * - What the next counter follows from still knows the actor: the record, and where the mode counts on from the client's
 *   context, that too. A truncated clock (paper 4.4) may have forgotten it, and its counter would begin again (K-8).
 *
 * What is no longer true of a row that an earlier life left, Life knows: it goes on with the incarnation of those actors or not.
 *
 * Where one fails the row gets a fresh epoch. Retired actors are remembered one by one, up to a bound; beyond it every
 * actor made so far is retired at once, which costs longer clocks and nothing else.
 */
export class LocalActors {
  readonly #nodeId: NodeId;
  readonly #life: MintingLife;
  readonly #retired = new Set<Actor>();
  #incarnation = "";
  #prefix = "";
  #epochMin = 0;

  constructor(nodeId: NodeId, life: MintingLife) {
    this.#nodeId = nodeId;
    this.#life = life;
  }

  /** The actor for the next dot of a row: the one it has where that is safe, else a fresh one. `counted`: what is counted on from. */
  actorFor(
    localActor: Actor | undefined,
    held: Siblings,
    counted: Siblings["clock"] = held.clock,
  ): Actor {
    return localActor !== undefined &&
      this.#isUsable(localActor) &&
      held.clock.has(localActor) &&
      counted.has(localActor)
      ? localActor
      : this.fresh();
  }

  /** An actor nobody has used. */
  fresh(): Actor {
    const epoch = this.#life.takeEpoch();
    return actorOf({ nodeId: this.#nodeId, incarnation: this.#life.incarnation, epoch });
  }

  /** Never to be used again: a write under it was lost. */
  retire(actor: Actor): void {
    if (!this.#isUsable(actor)) {
      return;
    }
    this.#retired.add(actor);
    if (this.#retired.size > RETIRED_ACTORS_MAX) {
      this.#retired.clear();
      this.#epochMin = this.#life.nextEpoch;
    }
  }

  #isUsable(actor: Actor): boolean {
    const { incarnation } = this.#life;
    if (incarnation !== this.#incarnation) {
      this.#incarnation = incarnation;
      this.#prefix = `${this.#nodeId}/${incarnation}/`;
    }
    return (
      actor.startsWith(this.#prefix) &&
      !this.#retired.has(actor) &&
      (this.#epochMin === 0 ||
        Number.parseInt(actor.slice(this.#prefix.length), EPOCH_RADIX) >= this.#epochMin)
    );
  }
}

const RETIRED_ACTORS_MAX = 1_024;

/** As `actorOf` writes it. */
const EPOCH_RADIX = 36;
