import type { Reconciler } from "./reconciler.ts";

declare const brand: unique symbol;

/** A cart of some kind; only the reconciler that made it may look inside. */
export interface Cart {
  readonly [brand]: "Cart";
}

/** A shopping cart, and how its versions become one (D-4.4-10, K-23). All functions are pure. */
export interface CartReconciler<C = Cart> extends Reconciler<C> {
  /** `tag` names this one add and is never used again; kinds that need no tags ignore it. */
  add(cart: C, item: string, tag: string): C;
  /** Takes the item out as far as this cart has seen it; nothing where it is not in. */
  remove(cart: C, item: string): C;
  /** The items in the cart, sorted by UTF-16 code units, each once. */
  items(cart: C): readonly string[];
}
