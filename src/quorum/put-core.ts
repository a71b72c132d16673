import type { NodeId } from "../base/ids.ts";
import type { Placement, Send, Slot } from "./placement.ts";

/** `waiting` until W slots acknowledged (`met`) or so many failed that they never will (`missed`). */
export type PutState = "waiting" | "met" | "missed";

/**
 * The pure part of a write (paper 4.5, 4.6; D-4.5-5, D-4.6-1): acknowledgements and failures in, decisions out. It
 * never sends, waits or stores; `coordinator/put-request.ts` does.
 *
 * Each of the N slots is served by its primary or by fallbacks that keep a hint for it. W distinct slots must
 * acknowledge. A write that was sent and misses W is not rolled back (K-10): the answer is indefinite.
 */
export class PutCore {
  readonly #placement: Placement;
  readonly #w: number;
  readonly #acknowledged = new Set<Slot>();
  #state: PutState = "waiting";

  constructor(placement: Placement, w: number) {
    this.#placement = placement;
    this.#w = w;
  }

  get state(): PutState {
    return this.#state;
  }

  /** Every slot has a durable copy, with its primary or as a hint. */
  get complete(): boolean {
    return this.#acknowledged.size === this.#placement.slots.length;
  }

  /** No node that was asked can still answer. */
  get exhausted(): boolean {
    return this.#placement.slots.every((slot) => this.#acknowledged.has(slot) || slot.exhausted);
  }

  acknowledge(node: NodeId): void {
    const slot = this.#placement.slotOf(node);
    if (slot === undefined) return;
    this.#acknowledged.add(slot);
    if (this.#state === "waiting" && this.#acknowledged.size >= this.#w) this.#state = "met";
  }

  /** The node will never acknowledge. Returns whom to ask instead. */
  fail(node: NodeId): Send | undefined {
    const slot = this.#placement.slotOf(node);
    if (slot === undefined || slot.failed.has(node)) return undefined;
    slot.failed.add(node);
    const replacement = this.#replace(slot);
    if (this.#state === "waiting" && this.#reachable() < this.#w) this.#state = "missed";
    return replacement;
  }

  /** Slots that are silent although they were asked `hedgeMs` ago each get a stand-in, while there are any. */
  hedge(): readonly Send[] {
    const sends: Send[] = [];
    for (const slot of this.#placement.slots) {
      const send = this.#replace(slot);
      if (send !== undefined) sends.push(send);
    }
    return sends;
  }

  /** Nodes that were asked and have neither acknowledged for their slot nor failed. */
  silent(): readonly NodeId[] {
    return this.#placement.slots
      .filter((slot) => !this.#acknowledged.has(slot))
      .flatMap((slot) => slot.asked.filter((node) => !slot.failed.has(node)));
  }

  /** Primaries whose copy nobody acknowledged, not even as a hint: the coordinator keeps one for each. */
  owedHints(): readonly NodeId[] {
    return this.#placement.slots
      .filter((slot) => !this.#acknowledged.has(slot))
      .map((slot) => slot.primary);
  }

  #replace(slot: Slot): Send | undefined {
    return this.#acknowledged.has(slot) ? undefined : this.#placement.replace(slot);
  }

  /** Slots that have acknowledged or still may. */
  #reachable(): number {
    const slots = this.#placement.slots;
    return slots.filter((slot) => this.#acknowledged.has(slot) || !slot.exhausted).length;
  }
}
