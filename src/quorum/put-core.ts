import type { NodeId } from "../base/ids.ts";
import { SlotProgress } from "./slot-progress.ts";

/**
 * The pure part of a write (paper 4.5, 4.6; D-4.5-5, D-4.6-1): acknowledgements and failures in, decisions out. It
 * never sends, waits or stores; `coordinator/put-request.ts` does.
 *
 * Each of the N slots is served by its primary or by fallbacks that keep a hint for it. W distinct slots must
 * acknowledge. A write that was sent and misses W is not rolled back (K-10): the answer is indefinite.
 */
export class PutCore extends SlotProgress {
  /** Every slot has a durable copy, with its primary or as a hint. */
  get complete(): boolean {
    return this.unserved().length === 0;
  }

  /** No node that was asked can still answer for a slot that lacks its copy. */
  get exhausted(): boolean {
    return this.unserved().every((slot) => slot.exhausted);
  }

  acknowledge(node: NodeId): void {
    this.serve(node);
  }

  /** Primaries whose copy nobody acknowledged, not even as a hint: the coordinator keeps one for each. */
  owedHints(): readonly NodeId[] {
    return this.unserved().map((slot) => slot.primary);
  }
}
