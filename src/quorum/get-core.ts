import { equalBytes } from "../base/bytes.ts";
import type { NodeId } from "../base/ids.ts";
import type { Siblings, Versioning } from "../causality/versioning.ts";
import type { Placement } from "./placement.ts";
import { SlotProgress } from "./slot-progress.ts";

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
 * slots must answer, "not found" counts as an answer (K-22). What it found is the merge of every reply so far; replicas whose own
 * bytes differ from the final merge are due for repair.
 */
export class GetCore extends SlotProgress {
  readonly #versioning: Versioning;
  readonly #replies = new Map<NodeId, Uint8Array | undefined>();
  readonly #damaged = new Set<NodeId>();
  /** The distinct records among the replies, in the order in which they came. */
  readonly #records: Uint8Array[] = [];
  /** The merge of the first `#mergedCount` of them. */
  #found: Found;
  #mergedCount = 0;

  constructor(placement: Placement, versioning: Versioning, r: number) {
    super(placement, r);
    this.#versioning = versioning;
    this.#found = { record: undefined, siblings: versioning.empty };
  }

  /** Every node that was asked has answered or failed. */
  get exhausted(): boolean {
    return this.placement.slots.every((slot) =>
      slot.asked.every((node) => this.#replies.has(node) || slot.hasFailed(node)),
    );
  }

  reply(node: NodeId, record: Uint8Array | undefined): void {
    if (!this.serve(node)) return;
    this.#replies.set(node, record);
    if (record !== undefined && !this.#records.some((each) => equalBytes(each, record))) {
      this.#records.push(record);
    }
  }

  /** The node says that its copy cannot be read. To be counted as failed besides: such a copy is no answer, but due for repair. */
  damaged(node: NodeId): void {
    this.#damaged.add(node);
  }

  isDamaged(node: NodeId): boolean {
    return this.#damaged.has(node);
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
      if (!this.#replies.has(primary) && !this.#damaged.has(primary)) continue;
      const own = this.#replies.get(primary);
      if (own === undefined || !equalBytes(own, record)) {
        repairs.push({ node: primary, record });
      }
    }
    return repairs;
  }
}
