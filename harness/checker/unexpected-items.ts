/*
 * Nothing may be read that was not put there.
 *
 * An item seen in a cart (at the end, in a view, or in what a remove had read) must be one whose add in that cart was
 * invoked before the read ended, and whose add did not definitely fail (aborted read). Nothing may stand twice in one
 * read. Cost: one look-up for each item of each read, that is, linear in the size of the history.
 */

import { itemsOf } from "../history/cart-operation.ts";
import type { CheckerResult } from "../run/summary.ts";
import type { CartHistory, Carts } from "./cart-items.ts";
import type { Evidence } from "./evidence.ts";

export interface UnexpectedItem {
  readonly kind: "never-added" | "seen-before-added" | "failed-add" | "duplicate";
  readonly key: string;
  readonly value: string;
  /** Of the read that shows it, or of the final read. */
  readonly index: number;
}

export interface UnexpectedItemsResult extends CheckerResult {
  /** Sightings in all; one item in many reads counts each time. */
  readonly count: number;
  /** The first sighting of each item and kind, in the order of the history. */
  readonly examples: readonly UnexpectedItem[];
}

const EXAMPLES_MAX = 20;

export function checkUnexpectedItems(
  { finalReads }: Evidence,
  { carts }: Carts,
): UnexpectedItemsResult {
  const sightings = new Sightings();
  const malformed: string[] = [];
  for (const [key, cart] of carts) {
    for (const { completion, items } of cart.reads) {
      judgeRead(sightings, cart, { key, index: completion.index, items });
    }
  }
  for (const [key, { index, value, error }] of finalReads) {
    const items = itemsOf(value);
    if (error === undefined && items === undefined) {
      malformed.push(`The final read of ${key} at index ${index} holds no list of items.`);
    } else if (error === undefined && items !== undefined) {
      judgeRead(sightings, carts.get(key), { key, index, items });
    }
  }
  const { count } = sightings;
  const examples = sightings.firsts().slice(0, EXAMPLES_MAX);
  const [first] = examples;
  if (first !== undefined) {
    const reason = `${count} sighting(s) of items that must not be there; the first is ${first.value} in ${first.key} at index ${first.index} (${first.kind}).`;
    return { verdict: "invalid", reasons: [reason, ...malformed], count, examples };
  }
  const verdict = malformed.length > 0 ? "unknown" : "valid";
  return { verdict, reasons: malformed, count, examples };
}

interface Read {
  readonly key: string;
  readonly index: number;
  readonly items: readonly string[];
}

function judgeRead(sightings: Sightings, cart: CartHistory | undefined, read: Read): void {
  const { key, index, items } = read;
  for (const value of items) {
    const kind = judgeItem(cart, value, index);
    if (kind !== undefined) {
      sightings.add({ kind, key, value, index });
    }
  }
  // As carts hand them out, and then no set is needed to see that each is there once.
  if (!isAscending(items)) {
    const seen = new Set<string>();
    for (const value of items) {
      if (seen.has(value)) {
        sightings.add({ kind: "duplicate", key, value, index });
      }
      seen.add(value);
    }
  }
}

function isAscending(items: readonly string[]): boolean {
  for (let position = 1; position < items.length; position++) {
    if ((items[position] ?? "") <= (items[position - 1] ?? "")) return false;
  }
  return true;
}

function judgeItem(
  cart: CartHistory | undefined,
  item: string,
  readIndex: number,
): UnexpectedItem["kind"] | undefined {
  const add = cart?.items.get(item)?.add;
  if (add === undefined) {
    return "never-added";
  }
  if (add.invocation.index > readIndex) {
    return "seen-before-added";
  }
  return add.completion?.type === "fail" ? "failed-add" : undefined;
}

class Sightings {
  count = 0;
  readonly #firsts = new Map<string, UnexpectedItem>();

  add(sighting: UnexpectedItem): void {
    this.count++;
    const name = `${sighting.kind} ${sighting.value} ${sighting.key}`;
    const earlier = this.#firsts.get(name);
    if (earlier === undefined || sighting.index < earlier.index) {
      this.#firsts.set(name, sighting);
    }
  }

  firsts(): UnexpectedItem[] {
    return [...this.#firsts.values()].sort((one, other) => one.index - other.index);
  }
}
