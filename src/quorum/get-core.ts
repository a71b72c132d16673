import { equalBytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Siblings, Versioning } from "../causality/versioning.ts";
import type { Placement, Send, Slot } from "./placement.ts";
import type { QuorumState } from "./slot-progress.ts";
import { SlotProgress } from "./slot-progress.ts";

/** Whether "not found" is one of the R answers that a read needs (K-22). */
export type NotFound = "count" | "ignore";

export const NOT_FOUND_CHOICES: readonly NotFound[] = ["count", "ignore"];

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

/**
 * The pure part of a read (paper 4.5 and 5; D-4.5-6, D-5-5, D-5-7): replies in, decisions out. All N are asked, R distinct
 * slots must answer. What it found is the merge of every reply so far; replicas whose own bytes differ from the final merge
 * are due for repair.
 *
 * With `count`, "not found" is an answer. With `ignore` only values are, until each of the N slots has a value or its own
 * primary's "not found": then the key is as absent as N replicas can say. A fallback that finds nothing says nothing, since it
 * may just have been asked for the first time, and the next one is asked in its place (K-22).
 */
export class GetCore extends SlotProgress {
  readonly #versioning: Versioning;
  readonly #notFound: NotFound;
  /** With `ignore`: slots whose primary holds nothing. */
  #absent: Set<Slot> | undefined;
  readonly #replies = new Map<NodeId, Uint8Array | undefined>();
  /** Made when the first one turns up, as the one above, which is rare. */
  #damaged: Set<NodeId> | undefined;
  /** The distinct records among the replies, in the order in which they came. */
  readonly #records: Uint8Array[] = [];
  /** The merge of the first `#mergedCount` of them. */
  #found: Found;
  #mergedCount = 0;

  constructor(placement: Placement, versioning: Versioning, { r, notFound }: GetNeeds) {
    super(placement, r);
    this.#versioning = versioning;
    this.#notFound = notFound;
    this.#found = { record: undefined, siblings: versioning.empty };
  }

  /** Slots that have an answer which counts; each of N where a key is absent and "not found" is ignored. */
  get answeredCount(): number {
    return this.placement.slots.filter((slot) => this.hasAnswer(slot)).length;
  }

  /** Every node that was asked has answered or failed. */
  get exhausted(): boolean {
    return this.placement.slots.every((slot) =>
      slot.asked.every((node) => this.#replies.has(node) || slot.hasFailed(node)),
    );
  }

  /** What a node holds; undefined: nothing. Returns whom to ask besides, as its answer does not count. */
  reply(node: NodeId, record: Uint8Array | undefined): Send | undefined {
    const slot = this.placement.slotOf(node);
    if (slot === undefined) return undefined;
    this.#replies.set(node, record);
    if (record === undefined && this.#notFound === "ignore") return this.#holdsNothing(node, slot);
    if (record !== undefined && !this.#records.some((each) => equalBytes(each, record))) {
      this.#records.push(record);
    }
    this.serve(node);
    return undefined;
  }

  /** The node says that its copy cannot be read. To be counted as failed besides: such a copy is no answer, but due for repair. */
  damaged(node: NodeId): void {
    this.#damaged ??= new Set();
    this.#damaged.add(node);
  }

  isDamaged(node: NodeId): boolean {
    return this.#damaged?.has(node) === true;
  }

  /** The node answered, and holds nothing of the key. */
  answeredNotFound(node: NodeId): boolean {
    return this.#replies.has(node) && this.#replies.get(node) === undefined;
  }

  /** The merge of all replies so far. Each record is decoded once, however many replies have its bytes. */
  found(): Found {
    const fresh = this.#records.slice(this.#mergedCount);
    const [first] = fresh;
    if (first === undefined) return this.#found;
    let { siblings } = this.#found;
    for (const record of fresh) {
      const decoded = this.#versioning.decode(record);
      siblings = record === this.#records[0] ? decoded : this.#versioning.merge(siblings, decoded);
    }
    const record = this.#records.length === 1 ? first : this.#versioning.encode(siblings);
    this.#found = { record, siblings };
    this.#mergedCount = this.#records.length;
    return this.#found;
  }

  /**
   * Primaries that answered with something else than what was found, and those whose copy is damaged. Fallbacks are left alone: they keep hints, not
   * copies of their own.
   */
  repairs(found: Found): readonly Repair[] {
    const { record } = found;
    if (record === undefined) return [];
    const repairs: Repair[] = [];
    for (const { primary } of this.placement.slots) {
      if (!this.#replies.has(primary) && !this.isDamaged(primary)) continue;
      const own = this.#replies.get(primary);
      if (own === undefined || !equalBytes(own, record)) {
        repairs.push({ node: primary, record });
      }
    }
    return repairs;
  }

  /**
   * More nodes to ask once all have answered and the client knows of something newer: one for each slot. Whoever took a
   * write for a primary keeps it as a hint until that one takes it back.
   */
  widen(): readonly Send[] {
    return this.placement.slots.flatMap((slot) => this.placement.replace(slot) ?? []);
  }

  protected override hasAnswer(slot: Slot): boolean {
    return super.hasAnswer(slot) || this.#absent?.has(slot) === true;
  }

  protected override verdict(): QuorumState {
    if (this.#notFound === "count" || this.servedCount >= this.needed) return super.verdict();
    const open = this.placement.slots.filter((slot) => !this.hasAnswer(slot));
    if (open.length === 0) return "met";
    // Who said "not found" first may be joined by a stand-in that was asked before and keeps a hint.
    const hopeful = this.placement.slots.filter(
      (slot) => !super.hasAnswer(slot) && slot.asked.some((node) => this.#isAwaited(slot, node)),
    );
    const absenceIsOpen = open.every((slot) => !slot.exhausted);
    return absenceIsOpen || this.servedCount + hopeful.length >= this.needed ? "waiting" : "missed";
  }

  #holdsNothing(node: NodeId, slot: Slot): Send | undefined {
    if (node !== slot.primary) return this.fail(node);
    this.#absent ??= new Set();
    this.#absent.add(slot);
    this.judge();
    return undefined;
  }

  #isAwaited(slot: Slot, node: NodeId): boolean {
    return !this.#replies.has(node) && !slot.hasFailed(node);
  }
}

export interface GetNeeds {
  readonly r: number;
  readonly notFound: NotFound;
}
