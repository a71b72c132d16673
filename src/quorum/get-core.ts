import { equalBytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Siblings, Versioning } from "../causality/versioning.ts";
import type { Placement, Send, Slot } from "./placement.ts";

/** A replica that lacks something the read found, and the record it lacks. */
export interface Repair {
  readonly node: NodeId;
  readonly record: Uint8Array;
}

/** What a read found: canonical bytes and their meaning; no bytes where nobody holds the key. */
export interface Found {
  readonly record: Uint8Array | undefined;
  readonly siblings: Siblings;
}

export type GetState = "waiting" | "met" | "missed";

/**
 * The pure part of a read (paper 4.5 and 5; D-4.5-6, D-5-5, D-5-7): replies in, decisions out. All N are asked, R distinct
 * slots must answer, "not found" counts as an answer (K-22). What it found is the merge of every reply so far; replicas whose own
 * bytes differ from the final merge are due for repair.
 */
export class GetCore {
  readonly #placement: Placement;
  readonly #versioning: Versioning;
  readonly #r: number;
  readonly #answered = new Set<Slot>();
  readonly #replies = new Map<NodeId, Uint8Array | undefined>();
  #state: GetState = "waiting";

  constructor(placement: Placement, versioning: Versioning, r: number) {
    this.#placement = placement;
    this.#versioning = versioning;
    this.#r = r;
  }

  get state(): GetState {
    return this.#state;
  }

  /** Every node that was asked has answered or failed. */
  get exhausted(): boolean {
    return this.#placement.slots.every((slot) =>
      slot.asked.every((node) => this.#replies.has(node) || slot.failed.has(node)),
    );
  }

  reply(node: NodeId, record: Uint8Array | undefined): void {
    const slot = this.#placement.slotOf(node);
    if (slot === undefined) return;
    this.#replies.set(node, record);
    this.#answered.add(slot);
    if (this.#state === "waiting" && this.#answered.size >= this.#r) this.#state = "met";
  }

  /** The node will never answer. Returns whom to ask instead. */
  fail(node: NodeId): Send | undefined {
    const slot = this.#placement.slotOf(node);
    if (slot === undefined || slot.failed.has(node)) return undefined;
    slot.failed.add(node);
    const replacement = this.#replace(slot);
    if (this.#state === "waiting" && this.#reachable() < this.#r) this.#state = "missed";
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

  silent(): readonly NodeId[] {
    return this.#placement.slots
      .filter((slot) => !this.#answered.has(slot))
      .flatMap((slot) => slot.asked.filter((node) => !slot.failed.has(node)));
  }

  /** The merge of all replies so far. Replies of equal bytes, the usual case, are decoded once. */
  found(): Found {
    const distinct: Uint8Array[] = [];
    for (const record of this.#replies.values()) {
      if (record !== undefined && !distinct.some((each) => equalBytes(each, record))) {
        distinct.push(record);
      }
    }
    const [first, ...others] = distinct;
    if (first === undefined) return { record: undefined, siblings: this.#versioning.empty };
    let siblings = this.#versioning.decode(first);
    if (others.length === 0) return { record: first, siblings };
    for (const record of others) {
      siblings = this.#versioning.merge(siblings, this.#versioning.decode(record));
    }
    return { record: this.#versioning.encode(siblings), siblings };
  }

  /**
   * Primaries that answered with something else than what was found. Fallbacks are left alone: they keep hints, not
   * copies of their own.
   */
  repairs(found: Found): readonly Repair[] {
    const { record } = found;
    if (record === undefined) return [];
    const repairs: Repair[] = [];
    for (const slot of this.#placement.slots) {
      if (!this.#replies.has(slot.primary)) continue;
      const own = this.#replies.get(slot.primary);
      if (own === undefined || !equalBytes(own, record)) {
        repairs.push({ node: slot.primary, record });
      }
    }
    return repairs;
  }

  #replace(slot: Slot): Send | undefined {
    return this.#answered.has(slot) ? undefined : this.#placement.replace(slot);
  }

  #reachable(): number {
    const slots = this.#placement.slots;
    return slots.filter((slot) => this.#answered.has(slot) || !slot.exhausted).length;
  }
}
