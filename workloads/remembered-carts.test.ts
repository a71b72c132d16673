import { expect, test, vi } from "vitest";
import { CART_KINDS, cartReconciler } from "../src/client/reconcile/cart-reconciler.ts";
import { ValueFormatError } from "../src/client/reconcile/reconciler.ts";
import { rememberedCarts } from "./remembered-carts.ts";

test.each(CART_KINDS)("carts of kind %s are read from their bytes once", (kind) => {
  const plain = cartReconciler(kind);
  const decode = vi.spyOn(plain, "decode");
  const carts = rememberedCarts(plain);
  const written = carts.add(carts.add(carts.empty, "b", "t1"), "a", "t2");
  const bytes = carts.encode(written);
  expect(bytes).toEqual(plain.encode(written));
  expect(carts.decode(Uint8Array.from(bytes))).toBe(written);
  expect(decode).not.toHaveBeenCalled();

  const foreign = plain.encode(plain.remove(written, "a"));
  const read = carts.decode(foreign);
  expect(carts.items(read)).toEqual(["b"]);
  expect(carts.decode(foreign)).toBe(read);
  expect(decode).toHaveBeenCalledTimes(1);
});

test("bytes that are no cart are refused each time", () => {
  const carts = rememberedCarts(cartReconciler("union"));
  const broken = Buffer.from("[]");
  expect(() => carts.decode(broken)).toThrow(ValueFormatError);
  expect(() => carts.decode(broken)).toThrow(ValueFormatError);
});

test("however many carts come up, each is read right", () => {
  const carts = rememberedCarts(cartReconciler("union"));
  const all = Array.from({ length: 3_000 }, (_, number) => {
    const cart = carts.add(carts.empty, `i${number}`, `t${number}`);
    return { bytes: carts.encode(cart), items: carts.items(cart) };
  });
  for (const { bytes, items } of all) expect(carts.items(carts.decode(bytes))).toEqual(items);
});
