import type { Store } from "../../src/client/contract.ts";

/** The part of a store below a prefix: every key gets it in front, so that no key of anybody else is touched. */
export function prefixedStore(store: Store, prefix: string | undefined): Store {
  if (prefix === undefined) return store;
  const start = Buffer.from(prefix, "utf8");
  const full = (key: Uint8Array): Uint8Array => Buffer.concat([start, key]);
  return {
    get: (key, options) => store.get(full(key), options),
    put: (key, value, options) => store.put(full(key), value, options),
    delete: (key, options) => store.delete(full(key), options),
  };
}
