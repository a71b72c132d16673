import { lwwCart } from "./lww-cart.ts";
import { orSetCart } from "./or-set-cart.ts";
import type { Reconciler } from "./reconciler.ts";
import { unionCart } from "./union-cart.ts";

export const CART_KINDS = ["union", "or-set", "lww"] as const;

export type CartKind = (typeof CART_KINDS)[number];

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

/** The reconciler of a kind. Carts of one kind must not be given to the reconciler of another. */
export function cartReconciler(kind: CartKind): CartReconciler {
  switch (kind) {
    case "union":
      return sealed(unionCart);
    case "or-set":
      return sealed(orSetCart);
    case "lww":
      return sealed(lwwCart);
  }
}

/** Hides the inside of a cart, so that one workload's code serves all kinds. */
function sealed<C>(reconciler: CartReconciler<C>): CartReconciler {
  return reconciler as unknown as CartReconciler;
}
