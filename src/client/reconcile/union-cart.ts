/*
 * The paper's cart (4.4, D-4.4-10): versions are merged by uniting their items.
 *
 * An add is never lost, since every version's items are in the union. A removed item may resurface: a version that
 * was written without having seen the remove still holds it, and a set of items cannot tell "never added" from
 * "removed". The OR-set cart can, at the price of tags.
 */

import type { CartReconciler } from "./cart.ts";
import { decodeStored, distinctStrings, encodeStored, STORED_JSON_TYPE } from "./stored-json.ts";

const FORMAT = "ringside-cart-union";

export type UnionCart = ReadonlySet<string>;

export const unionCart: CartReconciler<UnionCart> = {
  empty: new Set(),
  contentType: STORED_JSON_TYPE,
  merge(siblings) {
    const [only] = siblings;
    if (siblings.length === 1 && only !== undefined) {
      return only;
    }
    const union = new Set<string>();
    for (const sibling of siblings) {
      for (const item of sibling) {
        union.add(item);
      }
    }
    return union;
  },
  encode(cart) {
    return encodeStored(FORMAT, { items: [...cart].sort() });
  },
  decode(bytes) {
    return distinctStrings(FORMAT, decodeStored(FORMAT, bytes), "items");
  },
  add(cart, item) {
    return cart.has(item) ? cart : new Set(cart).add(item);
  },
  remove(cart, item) {
    if (!cart.has(item)) {
      return cart;
    }
    const rest = new Set(cart);
    rest.delete(item);
    return rest;
  },
  items(cart) {
    return [...cart].sort();
  },
};
