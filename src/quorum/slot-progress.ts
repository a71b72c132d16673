import type { NodeId } from "../base/ids.ts";
import type { Placement, Send, Slot } from "./placement.ts";

/** `waiting` until enough slots are served (`met`), or so many failed that they never will be (`missed`). */
export type QuorumState = "waiting" | "met" | "missed";

/**
 * What reads and writes have in common: a number of slots must be served, each by its primary or a stand-in. A slot counts
 * once, whoever served it and however often.
 */
export class SlotProgress {
  protected readonly placement: Placement;
  protected readonly needed: number;
  readonly #served = new Set<Slot>();
  #state: QuorumState = "waiting";

  constructor(placement: Placement, needed: number) {
    this.placement = placement;
    this.needed = needed;
  }

  get state(): QuorumState {
    return this.#state;
  }

  /** Slots that somebody answered for; of two sets of them the fewer. */
  get servedCount(): number {
    if (this.placement.nextSlots === undefined) return this.#served.size;
    return this.placement.leastIn((slot) => this.#served.has(slot));
  }

  /** The node will never answer. Returns whom to ask instead. */
  fail(node: NodeId): Send | undefined {
    const slot = this.placement.slotOf(node);
    if (slot === undefined || slot.hasFailed(node)) return undefined;
    slot.markFailed(node);
    const replacement = this.#replace(slot);
    this.judge();
    return replacement;
  }

  /** Slots that are silent although they were asked `hedgeMs` ago each get a stand-in, while there are any. */
  hedge(): readonly Send[] {
    const sends: Send[] = [];
    for (const slot of this.placement.slots) {
      const send = this.#replace(slot);
      if (send !== undefined) sends.push(send);
    }
    return sends;
  }

  /** Nodes that were asked and have neither served their slot nor failed. */
  silent(): readonly NodeId[] {
    return this.unserved().flatMap((slot) => slot.asked.filter((node) => !slot.hasFailed(node)));
  }

  /** A node answered for its slot. False where it was never asked. */
  protected serve(node: NodeId): boolean {
    const slot = this.placement.slotOf(node);
    if (slot === undefined) return false;
    this.#served.add(slot);
    this.judge();
    return true;
  }

  /** Nobody needs to be asked for the slot any more. */
  protected hasAnswer(slot: Slot): boolean {
    return this.#served.has(slot);
  }

  protected unserved(): readonly Slot[] {
    return this.placement.slots.filter((slot) => !this.hasAnswer(slot));
  }

  /** To be called after everything that may end the wait. */
  protected judge(): void {
    if (this.#state === "waiting") this.#state = this.verdict();
  }

  protected verdict(): QuorumState {
    if (this.servedCount >= this.needed) return "met";
    return this.#reachableCount() < this.needed ? "missed" : "waiting";
  }

  #replace(slot: Slot): Send | undefined {
    return this.hasAnswer(slot) ? undefined : this.placement.replace(slot);
  }

  /** Slots that are served or still may be; of two sets of them the fewer. */
  #reachableCount(): number {
    return this.placement.leastIn(
      (slot) => this.#served.has(slot) || (!this.hasAnswer(slot) && !slot.exhausted),
    );
  }
}
