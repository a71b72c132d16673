/*
 * A removed item that comes back.
 *
 * Joined by union, an item whose remove was acknowledged may come back with a version that had not seen the remove
 * (paper 4.4 says so, K-23): counted. Joined as an OR-set it must not be in the final read: the remove took the tag of
 * the only add, and no merge brings a removed tag back. Views that began after the acknowledgement and still show the
 * item may be merely stale; they are counted apart and accuse nobody.
 */

import { itemsOf } from "../history/cart-operation.ts";
import type { Reconciler } from "../run/plan.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { Carts } from "./cart-items.ts";
import type { Evidence } from "./evidence.ts";

export interface ResurrectedItem {
  readonly key: string;
  readonly value: string;
  /** Of the acknowledgement of the remove. */
  readonly removedIndex: number;
  /** Of the final read that shows the item. */
  readonly seenIndex: number;
}

export interface ResurrectedItemsResult extends CheckerResult {
  /** Removed items in final reads. */
  readonly count: number;
  /** Items whose remove was acknowledged. */
  readonly removed: number;
  /** Sightings in views that began after the acknowledgement of the remove. */
  readonly inViews: number;
  readonly examples: readonly ResurrectedItem[];
}

const EXAMPLES_MAX = 20;

export function checkResurrectedItems(
  { finalReads }: Evidence,
  { carts }: Carts,
  reconcile: Reconciler,
): ResurrectedItemsResult {
  const found: ResurrectedItem[] = [];
  let removed = 0;
  let inViews = 0;
  for (const [key, { items, reads }] of carts) {
    const removedAt = new Map<string, number>();
    for (const [item, history] of items) {
      if (history.removed !== undefined) {
        removedAt.set(item, history.removed.index);
      }
    }
    removed += removedAt.size;
    for (const { invocation, items: seen } of removedAt.size === 0 ? [] : reads) {
      for (const item of seen) {
        if ((removedAt.get(item) ?? Number.POSITIVE_INFINITY) < invocation.index) {
          inViews++;
        }
      }
    }
    const last = finalReads.get(key);
    const present = last?.error === undefined ? itemsOf(last?.value) : undefined;
    for (const value of new Set(present)) {
      const removedIndex = removedAt.get(value);
      if (removedIndex !== undefined && last !== undefined) {
        found.push({ key, value, removedIndex, seenIndex: last.index });
      }
    }
  }
  found.sort((one, other) => one.removedIndex - other.removedIndex);
  const examples = found.slice(0, EXAMPLES_MAX);
  return { ...judge(found, reconcile), count: found.length, removed, inViews, examples };
}

function judge(found: readonly ResurrectedItem[], reconcile: Reconciler): CheckerResult {
  const [first] = found;
  if (first === undefined || reconcile !== "or-set") {
    return { verdict: "valid", reasons: [] };
  }
  const { value, key, removedIndex } = first;
  return {
    verdict: "invalid",
    reasons: [
      `${found.length} removed item(s) are back; the first is ${value} of ${key}, whose remove was acknowledged at index ${removedIndex}.`,
    ],
  };
}
