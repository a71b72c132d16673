import { bufferOf } from "../src/base/bytes.ts";
import type { Cart, CartReconciler } from "../src/client/reconcile/cart.ts";

const CARTS_MAX = 1_024;

/**
 * The same carts. Those encoded or decoded lately are known by their bytes and not taken apart again: most of what clients
 * read, one of them has just written. Carts are immutable, and `decode` undoes `encode`.
 */
export function rememberedCarts(reconciler: CartReconciler): CartReconciler {
  const known = new Map<string, Cart>();
  const remember = (text: string, cart: Cart): void => {
    if (known.size === CARTS_MAX) known.clear();
    known.set(text, cart);
  };
  return {
    ...reconciler,
    encode(cart) {
      const bytes = reconciler.encode(cart);
      remember(textOf(bytes), cart);
      return bytes;
    },
    decode(bytes) {
      const text = textOf(bytes);
      const before = known.get(text);
      if (before !== undefined) return before;
      const cart = reconciler.decode(bytes);
      remember(text, cart);
      return cart;
    },
  };
}

/** One character a byte. */
function textOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString("latin1");
}
