import type { Copy } from "./key-state.ts";
import { timerSlackMs } from "./time-bounds.ts";
import type { Violations } from "./violations.ts";

/** What is known of deliveries of hints in one simulated world, times in milliseconds. */
export interface DeliveryBounds {
  /** How often a node looks for hints to deliver. */
  readonly scanMs: number;
  /** How long a hint of so many bytes takes of a node's turns to deliver. */
  readonly paceMs: (sizeBytes: number) => number;
  /** From the end of whatever was wrong with two nodes until no hint that one hands to the other fails. */
  readonly settleMs: number;
  /** Until an owner and a hint that need not wait any more are tried. */
  readonly tryMs: number;
  /** Until a page of hints was read, handed over, acknowledged and removed, waits for their turn aside. */
  readonly pageMs: number;
  /** Virtual time since which nothing is wrong with two nodes and the links between them; undefined while something is. */
  readonly calmSinceMs: (node: string, peer: string) => number | undefined;
}

/** No wait is longer, where scans are no further apart. */
const BACK_OFF_MS_MAX = 10_000;
/** Hints of one owner that are under way at once. */
export const PAGE_HINTS = 16;

/**
 * Failures make an owner's hints wait, each twice as long as the one before it, and a hint that the owner took ends that (K-20). So since
 * the last one that it took failures count from one again, and their time tells how many there may have been: each came no sooner than half of
 * the wait after the one before it, and none once all had been calm for a while. When the wait after the last of them is over, and the
 * next scan, whatever is left is held back for no reason. The same goes for each hint and the failures of its own, which count since it is kept.
 *
 * Known by the rows alone; judged whenever one goes, of nodes that never died: one that starts takes its time until it serves.
 */
export class HeldBackWatch {
  readonly #nowMs: () => number;
  readonly #bounds: DeliveryBounds;
  readonly #violations: Violations;
  /** By the node that keeps them, then by owner. */
  readonly #kept = new Map<string, Map<string, Kept>>();
  readonly #died = new Set<string>();
  #rowBytesMax = 0;

  constructor(nowMs: () => number, bounds: DeliveryBounds, violations: Violations) {
    this.#nowMs = nowMs;
    this.#bounds = bounds;
    this.#violations = violations;
  }

  /** A row has this value from now on; `undefined`: it is gone. */
  written(copy: Copy, value: Uint8Array | undefined): void {
    const { node, owner, state } = copy;
    if (node === owner) return;
    const kept = this.#keptFor(node, owner);
    const changedMs = this.#nowMs();
    if (value === undefined) {
      this.#check(copy, kept);
      kept.hints.delete(copy);
      kept.takenMs = changedMs;
    } else {
      const { sinceMs } = kept.hints.get(copy) ?? { sinceMs: changedMs };
      kept.hints.set(copy, { sinceMs, changedMs });
      this.#rowBytesMax = Math.max(this.#rowBytesMax, state.key.length + value.length);
    }
  }

  died(node: string): void {
    this.#died.add(node);
  }

  #keptFor(node: string, owner: string): Kept {
    const owners = this.#kept.get(node) ?? new Map<string, Kept>();
    this.#kept.set(node, owners);
    const kept = owners.get(owner) ?? { hints: new Map(), takenMs: 0 };
    owners.set(owner, kept);
    return kept;
  }

  #check({ node, owner }: Copy, { hints, takenMs }: Kept): void {
    const { scanMs, settleMs, tryMs, pageMs, paceMs, calmSinceMs } = this.#bounds;
    const nowMs = this.#nowMs();
    const goMs = tryMs + pageMs * (1 + Math.ceil(hints.size / PAGE_HINTS));
    if (nowMs - takenMs <= goMs || this.#died.has(node) || this.#died.has(owner)) return;
    const calmMs = calmSinceMs(node, owner);
    if (calmMs === undefined) return;
    // The hints of all owners take turns.
    const turnMs = (this.#kept.get(node)?.size ?? 0) * PAGE_HINTS * paceMs(this.#rowBytesMax);
    const lastFailureMs = calmMs + settleMs + turnMs;
    for (const { sinceMs, changedMs } of hints.values()) {
      const firstFailureMs = Math.min(takenMs, sinceMs);
      const spanMs = lastFailureMs - firstFailureMs;
      const heldBackMs = spanMs < 0 ? 0 : lastFailureMs + longestWaitMs(spanMs, scanMs);
      const dueMs = Math.max(takenMs, changedMs, heldBackMs) + turnMs + goMs;
      const lateMs = nowMs - dueMs - timerSlackMs(nowMs - firstFailureMs);
      if (lateMs <= 0) continue;
      this.#violations.report("hints-held-back", () => ({
        anomaly: "a node holds hints back for longer than their failures account for",
        detail: `Node ${node} delivered nothing to ${owner} from ${takenMs.toFixed(3)} ms on, and should have ${lateMs.toFixed(3)} ms ago: nothing was wrong with them since ${calmMs.toFixed(3)} ms, and a hint was there since ${sinceMs.toFixed(3)} ms`,
      }));
      return;
    }
  }
}

/** What one node keeps for another; virtual times. */
interface Kept {
  /** Since when there is such a hint, and when it changed last. */
  readonly hints: Map<Copy, { readonly sinceMs: number; readonly changedMs: number }>;
  /** When the last one that the owner took was removed; 0: none yet. */
  takenMs: number;
}

/**
 * The longest wait, in milliseconds, after the last of several failures in a row within `spanMs`: the first is followed by at most `firstMs`,
 * each other one by at most twice as much, and all by at least half of that.
 */
export function longestWaitMs(spanMs: number, firstMs: number): number {
  const maxMs = Math.max(firstMs, BACK_OFF_MS_MAX);
  let waitMs = firstMs;
  let waitedMs = waitMs / 2;
  while (waitedMs <= spanMs + timerSlackMs(spanMs) && waitMs < maxMs) {
    waitMs = Math.min(maxMs, 2 * waitMs);
    waitedMs += waitMs / 2;
  }
  return waitMs;
}
