import { expect, test } from "vitest";
import type { Store } from "../../src/client/contract.ts";
import { prefixedStore } from "./prefixed-store.ts";

const KEY = Buffer.from("cart-1");

function recordingStore(): { readonly store: Store; readonly keys: string[] } {
  const keys: string[] = [];
  const note = (key: Uint8Array) => keys.push(Buffer.from(key).toString("utf8"));
  const store: Store = {
    async get(key) {
      note(key);
      return { siblings: [], context: "c" };
    },
    async put(key) {
      note(key);
    },
    async delete(key) {
      note(key);
    },
  };
  return { store, keys };
}

async function useAll(store: Store): Promise<void> {
  await store.get(KEY);
  await store.put(KEY, Buffer.from("v"));
  await store.delete(KEY, { context: "c" });
}

test("prefixedStore() puts the prefix before the key of every call", async () => {
  const { store, keys } = recordingStore();
  await useAll(prefixedStore(store, "run-7/"));
  expect(keys).toEqual(["run-7/cart-1", "run-7/cart-1", "run-7/cart-1"]);
});

test("prefixedStore() is the store itself where there is no prefix", async () => {
  const { store, keys } = recordingStore();
  await useAll(prefixedStore(store, undefined));
  expect(keys).toEqual(["cart-1", "cart-1", "cart-1"]);
});
