/*
 * What became of each item of each cart, gathered in one pass for the checkers of carts.
 */

import { ADD, itemsOf, REMOVE, VIEW } from "../history/cart-operation.ts";
import type { Operation } from "../history/operation.ts";
import type { Pair } from "../history/pairs.ts";

export interface ItemHistory {
  /** The one add of the item in this cart. */
  readonly add: Pair;
  /** Removes of it that may have happened and that had read it, by the names of the versions that they wrote, where these are told. */
  readonly removes: (string | undefined)[];
  /** The first acknowledgement of a remove of it. */
  removed: Operation | undefined;
}

export interface CartHistory {
  readonly items: ReadonlyMap<string, ItemHistory>;
  /** Removes that may have happened, of nobody knows which item: each may excuse the absence of one. */
  readonly unknownRemoves: number;
  /** Invocation of each read, and the items it returned; completed views and what adds and removes had read. */
  readonly reads: readonly CartRead[];
}

export interface CartRead {
  readonly invocation: Operation;
  readonly completion: Operation;
  readonly items: readonly string[];
}

export interface Carts {
  readonly carts: ReadonlyMap<string, CartHistory>;
  /** One sentence each: what no client of this workload can have recorded. */
  readonly problems: readonly string[];
}

const PROBLEMS_MAX = 20;

interface OpenCart {
  readonly items: Map<string, ItemHistory>;
  unknownRemoves: number;
  readonly reads: CartRead[];
}

export function gatherCarts(pairs: readonly Pair[]): Carts {
  const carts = new Map<string, OpenCart>();
  const problems: string[] = [];
  const removes: Pair[] = [];
  for (const pair of pairs) {
    const problem = gatherPair(cartOf(carts, pair.invocation.key), pair, removes);
    if (problem !== undefined && problems.length < PROBLEMS_MAX) {
      problems.push(problem);
    }
  }
  for (const remove of removes) {
    gatherRemove(cartOf(carts, remove.invocation.key), remove.completion);
  }
  return { carts, problems };
}

function cartOf(carts: Map<string, OpenCart>, key: string): OpenCart {
  let cart = carts.get(key);
  if (cart === undefined) {
    cart = { items: new Map(), unknownRemoves: 0, reads: [] };
    carts.set(key, cart);
  }
  return cart;
}

/** Removes are put aside until all adds are known: a remove may be invoked before an add that it still reads. */
function gatherPair(cart: OpenCart, pair: Pair, removes: Pair[]): string | undefined {
  const { invocation, completion } = pair;
  switch (invocation.f) {
    case ADD: {
      const item = invocation.value;
      if (typeof item !== "string") {
        return `The add at index ${invocation.index} names no item.`;
      }
      if (cart.items.has(item)) {
        return `Item ${item} of ${invocation.key} is added a second time at index ${invocation.index}.`;
      }
      cart.items.set(item, { add: pair, removes: [], removed: undefined });
      return undefined;
    }
    case REMOVE:
      if (completion?.type !== "fail") {
        removes.push(pair);
      }
      if (completion?.readSet !== undefined) {
        cart.reads.push({ invocation, completion, items: completion.readSet });
      }
      return undefined;
    case VIEW: {
      if (completion?.type !== "ok") {
        return undefined;
      }
      const items = itemsOf(completion.value);
      if (items === undefined) {
        return `The view at index ${completion.index} holds no list of items.`;
      }
      cart.reads.push({ invocation, completion, items });
      return undefined;
    }
    default:
      return `The function ${invocation.f} at index ${invocation.index} is not one of a cart.`;
  }
}

function gatherRemove(cart: OpenCart, completion: Operation | undefined): void {
  const item = completion?.value;
  if (completion === undefined || typeof item !== "string" || completion.readSet === undefined) {
    cart.unknownRemoves++;
    return;
  }
  const history = cart.items.get(item);
  if (history !== undefined && completion.readSet.includes(item)) {
    history.removes.push(completion.wrote);
    if (completion.type === "ok") {
      history.removed ??= completion;
    }
  }
}
