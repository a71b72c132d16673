/*
 * A cart for a store that already decides by timestamp (paper 6, pattern B; D-6-2): the store returns one version,
 * and were it to return several, all but the first would be dropped. It loses adds under concurrency, which is what
 * runs of the last-write-wins mode are there to show.
 */

import type { CartReconciler } from "./cart.ts";
import type { UnionCart } from "./union-cart.ts";
import { unionCart } from "./union-cart.ts";

export const lwwCart: CartReconciler<UnionCart> = {
  ...unionCart,
  merge(siblings) {
    return siblings[0] ?? unionCart.empty;
  },
};
