import { LongBytesMemo } from "../src/base/long-bytes-memo.ts";
import type { Cart, CartReconciler } from "../src/client/reconcile/cart.ts";

const CART_PLACES = 2_048;

/**
 * The same carts. Those encoded or decoded lately are known by their bytes and not taken apart again: most of what clients
 * read, one of them has just written. Carts are immutable, and `decode` undoes `encode`.
 */
export function rememberedCarts(reconciler: CartReconciler): CartReconciler {
  const known = new LongBytesMemo<Cart>(CART_PLACES);
  return {
    ...reconciler,
    encode(cart) {
      const bytes = reconciler.encode(cart);
      known.remember(bytes, cart);
      return bytes;
    },
    decode(bytes) {
      const before = known.find(bytes);
      if (before !== undefined) return before;
      const cart = reconciler.decode(bytes);
      known.remember(bytes, cart);
      return cart;
    },
  };
}
