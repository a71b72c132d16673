import { incarnationOf } from "../base/actor.ts";
import { assert } from "../base/assert.ts";
import type { NodeId } from "../base/ids.ts";
import type { Environment } from "../env/environment.ts";
import type { Engine } from "../storage/engine.ts";
import type { DroppedHintsRow } from "./life-rows.ts";
import { readOwnLife, writeLife } from "./life-rows.ts";

/** What a node tells its peers when it starts. */
export interface LifeClaim {
  readonly incarnation: string;
  readonly life: string;
  /** The life before it, where it wants to go on with its incarnation. */
  readonly after: string | undefined;
}

/**
 * One start of a node, and under which incarnation it mints (architecture, "Lives"; K-6, K-7). This is the place of the rule:
 *
 * - A life goes on with the incarnation of the one before only where that one **ended**: it stopped in order, every row that it
 *   minted in was stored, and the engine keeps its writes in order, so that where the note of the end is, they are, too.
 * - And only where **every peer vouches for it**, see PeerLives. Until then it must not mint, and after any doubt it is `replaced`.
 */
export class Life {
  /**
   * Which hints the life before had dropped when it ended. "none": there was no life before. Undefined: it did not end, or did
   * not tell.
   */
  readonly droppedBefore: DroppedHintsRow | "none" | undefined;
  readonly #random: Environment["random"];
  readonly #engine: Engine;
  readonly #nodeId: NodeId;
  readonly #life: string;
  #incarnation: string;
  #after: string | undefined;
  #nextEpoch: number;
  #hasEnded = false;

  private constructor(
    { random }: Environment,
    { engine, nodeId }: LifeParts,
    { incarnation, after, nextEpoch, droppedBefore }: Beginning,
  ) {
    this.droppedBefore = droppedBefore;
    this.#random = random;
    this.#engine = engine;
    this.#nodeId = nodeId;
    this.#life = incarnationOf(random.bytes(8));
    this.#incarnation = incarnation;
    this.#after = after;
    this.#nextEpoch = nextEpoch;
  }

  /** Resolves when the beginning is stored: from then on nobody takes the life before for the last one. */
  static async begin(env: Environment, parts: LifeParts): Promise<Life> {
    const found = parts.isRestored ? undefined : await readOwnLife(parts.engine, parts.nodeId);
    const before = found !== "none" && found?.ended === true ? found : undefined;
    const incarnation = before?.incarnation ?? incarnationOf(env.random.bytes(8));
    const life = new Life(env, parts, {
      incarnation,
      after: before?.life,
      nextEpoch: before?.nextEpoch ?? 0,
      droppedBefore: found === "none" ? found : before?.droppedHints,
    });
    await life.#store(false);
    return life;
  }

  get incarnation(): string {
    return this.#incarnation;
  }

  /** Names this start of the node, and no other. */
  get name(): string {
    return this.#life;
  }

  get claim(): LifeClaim {
    return { incarnation: this.#incarnation, life: this.#life, after: this.#after };
  }

  /** No actor of the incarnation has this epoch or a later one. */
  get nextEpoch(): number {
    return this.#nextEpoch;
  }

  /** A number that no actor of the incarnation has had. */
  takeEpoch(): number {
    assert(!this.#hasEnded, "Cannot mint: the node's life has ended");
    const epoch = this.#nextEpoch;
    this.#nextEpoch += 1;
    return epoch;
  }

  /** Draws a fresh incarnation; resolves when it is stored. Only before the first mint. */
  async replace(): Promise<void> {
    this.#incarnation = incarnationOf(this.#random.bytes(8));
    this.#after = undefined;
    this.#nextEpoch = 0;
    await this.#store(false);
  }

  /**
   * Notes that nothing minted is missing, once nobody mints any more, and which hints were dropped last; where the engine gives no
   * such certainty, nothing.
   */
  async end(droppedHints?: DroppedHintsRow): Promise<void> {
    this.#hasEnded = true;
    if (this.#engine.ordered) await this.#store(true, droppedHints);
  }

  #store(ended: boolean, droppedHints?: DroppedHintsRow): Promise<void> {
    return writeLife(this.#engine, this.#nodeId, {
      format: 2,
      incarnation: this.#incarnation,
      life: this.#life,
      nextEpoch: this.#nextEpoch,
      ended,
      ...(droppedHints && { droppedHints }),
    });
  }
}

interface LifeParts {
  readonly engine: Engine;
  readonly nodeId: NodeId;
  /** True: the operator says that the data come from a backup. Default false. */
  readonly isRestored?: boolean | undefined;
}

interface Beginning {
  readonly incarnation: string;
  readonly after: string | undefined;
  readonly nextEpoch: number;
  readonly droppedBefore: DroppedHintsRow | "none" | undefined;
}
