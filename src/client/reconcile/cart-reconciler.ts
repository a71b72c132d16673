import type { CartReconciler } from "./cart.ts";
import { lwwCart } from "./lww-cart.ts";
import { orSetCart } from "./or-set-cart.ts";
import { unionCart } from "./union-cart.ts";

export const CART_KINDS = ["union", "or-set", "lww"] as const;

export type CartKind = (typeof CART_KINDS)[number];

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
