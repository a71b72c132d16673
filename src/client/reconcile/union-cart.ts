/*
 * The paper's cart (4.4, D-4.4-10): versions are merged by uniting their items.
 *
 * An add is never lost, since every version's items are in the union. A removed item may resurface: a version that
 * was written without having seen the remove still holds it, and a set of items cannot tell "never added" from
 * "removed". The OR-set cart can, at the price of tags.
 */

import type { CartReconciler } from "./cart.ts";
import { ascendingStrings, decodeStored, encodeStored, STORED_JSON_TYPE } from "./stored-json.ts";

const FORMAT = "ringside-cart-union";

/** The items, each once, sorted by UTF-16 code units as they are stored: then nothing has to be sorted for a read. */
export type UnionCart = readonly string[];

export const unionCart: CartReconciler<UnionCart> = {
  empty: [],
  contentType: STORED_JSON_TYPE,
  merge(siblings) {
    const [only] = siblings;
    if (siblings.length === 1 && only !== undefined) return only;
    const union = new Set<string>();
    for (const items of siblings) for (const item of items) union.add(item);
    return [...union].sort();
  },
  encode(items) {
    return encodeStored(FORMAT, { items });
  },
  decode(bytes) {
    return ascendingStrings(FORMAT, decodeStored(FORMAT, bytes), "items");
  },
  add(cart, item) {
    if (cart.includes(item)) {
      return cart;
    }
    const next = cart.findIndex((other) => other > item);
    return cart.toSpliced(next < 0 ? cart.length : next, 0, item);
  },
  remove(cart, item) {
    return cart.includes(item) ? cart.filter((other) => other !== item) : cart;
  },
  items(cart) {
    return cart;
  },
};
