/*
 * Shopping carts (paper 4.4 and 6): what Dynamo was built for, and what shows a lost write at once.
 *
 * A cart is one value. Every change reads it, reconciles its versions, changes the one that comes out, and writes that
 * back under the context that was read. Several clients share each cart, so that versions conflict. Each item is added
 * at most once in a run and named by its number, so that an item that is missing at the end has one add to answer for it.
 *
 * Doubt. A put that was sent counts as failed only where the store says that it definitely did not happen; any other
 * error of a put is info. An error before the put was sent is a fail: reading changes nothing.
 */

import type { WorkloadClient, WorkloadClients } from "../harness/client/contract.ts";
import { mix, repeated } from "../harness/generator/combinators.ts";
import type { OperationGenerator } from "../harness/generator/generator.ts";
import { ADD, NOTHING_TO_REMOVE, REMOVE, VIEW } from "../harness/history/cart-operation.ts";
import type { Completion } from "../harness/history/recorder.ts";
import type { Plan } from "../harness/run/plan.ts";
import type { ProcessStore, Workload } from "../harness/run/workload.ts";
import type { ReadResult } from "../src/client/contract.ts";
import type { Cart, CartReconciler } from "../src/client/reconcile/cart.ts";
import { cartReconciler } from "../src/client/reconcile/cart-reconciler.ts";
import { view } from "../src/client/update.ts";
import type { Random } from "../src/env/random.ts";
import { cartFailure } from "./cart-failure.ts";
import { readCarts } from "./read-carts.ts";
import { rememberedCarts } from "./remembered-carts.ts";
import { namedType, versionNames } from "./version-names.ts";

/** Shares of the functions, in percent. */
export const CART_MIX = { add: 60, remove: 15, view: 25 } as const;

/**
 * The read and the write of an operation each. Both together stay below the time that a run waits for operations under
 * way at its end: a remove that never completed names no item, and leaves the run undecided where one is missing.
 */
const CALL_TIMEOUT_MS = 2_500;

export const shoppingCart: Workload = {
  name: "shopping-cart",
  keys: (plan) => cartKeys(plan.carts),
  generator: (plan) => cartOperations(cartKeys(plan.carts)),
  clients: ({ random }, { plan, openStore }) =>
    cartClients(rememberedCarts(cartReconciler(plan.reconcile)), random, openStore),
  readAll: (parts, plan) =>
    readCarts(parts, {
      keys: cartKeys(plan.carts),
      reconciler: cartReconciler(plan.reconcile),
      replicas: plan.n,
    }),
};

export function cartKeys(carts: Plan["carts"]): readonly string[] {
  return Array.from({ length: carts }, (_, number) => `cart-${number}`);
}

/** The default mix over these carts. */
export function cartOperations(keys: readonly string[]): OperationGenerator {
  const drawKey = (random: Random) => keys[Math.floor(random.float() * keys.length)] ?? "";
  return mix([
    { weight: CART_MIX.add, generator: adds(drawKey, 0) },
    {
      weight: CART_MIX.remove,
      generator: repeated((random) => ({ f: REMOVE, key: drawKey(random), value: null })),
    },
    {
      weight: CART_MIX.view,
      generator: repeated((random) => ({ f: VIEW, key: drawKey(random), value: null })),
    },
  ]);
}

/** Adds of items that are named by their number in the run. */
function adds(drawKey: (random: Random) => string, number: number): OperationGenerator {
  return {
    ask: ({ random }) => ({
      kind: "operation",
      request: { f: ADD, key: drawKey(random), value: `i${number}` },
      next: adds(drawKey, number + 1),
    }),
  };
}

/** Clients that keep carts of one kind in the stores that `openStore` gives. */
export function cartClients(
  reconciler: CartReconciler,
  random: Random,
  openStore: (process: number, homeNode: string) => ProcessStore,
): WorkloadClients {
  return {
    open: (process, homeNode) =>
      new CartClient(process, { reconciler, random, processStore: openStore(process, homeNode) }),
  };
}

class CartClient implements WorkloadClient {
  readonly #reconciler: CartReconciler;
  readonly #random: Random;
  readonly #processStore: ProcessStore;
  readonly #process: number;
  #writes = 0;

  constructor(
    process: number,
    {
      reconciler,
      random,
      processStore,
    }: {
      readonly reconciler: CartReconciler;
      readonly random: Random;
      readonly processStore: ProcessStore;
    },
  ) {
    this.#process = process;
    this.#reconciler = reconciler;
    this.#random = random;
    this.#processStore = processStore;
  }

  invoke({ f, key, value }: Parameters<WorkloadClient["invoke"]>[0]): Promise<Completion> {
    switch (f) {
      case ADD:
        return this.#add(key, String(value));
      case REMOVE:
        return this.#remove(key);
      case VIEW:
        return this.#view(key);
      default:
        return Promise.reject(
          new RangeError(`Cannot do ${f} to a shopping cart: it knows add, remove and view`),
        );
    }
  }

  close(): void {
    this.#processStore.close();
  }

  async #add(key: string, item: string): Promise<Completion> {
    const found = await this.#read(key);
    if ("error" in found) {
      return this.#ended("fail", { value: item, error: found.error });
    }
    const cart = this.#reconciler.add(found.cart, item, item);
    return await this.#write(key, cart, found.read, { value: item });
  }

  async #remove(key: string): Promise<Completion> {
    const found = await this.#read(key);
    if ("error" in found) {
      return this.#ended("fail", { value: null, error: found.error });
    }
    const readSet = this.#reconciler.items(found.cart);
    const item = readSet[Math.floor(this.#random.float() * readSet.length)];
    if (item === undefined) {
      const { siblings } = found.read;
      const told = { readSet, versions: siblings.length, ...versionNames(siblings) };
      return this.#ended("fail", { value: null, ...told, error: NOTHING_TO_REMOVE });
    }
    const cart = this.#reconciler.remove(found.cart, item);
    return await this.#write(key, cart, found.read, { value: item, readSet });
  }

  async #view(key: string): Promise<Completion> {
    const found = await this.#read(key);
    if ("error" in found) {
      return this.#ended("fail", { value: null, error: found.error });
    }
    const value = this.#reconciler.items(found.cart);
    const { siblings } = found.read;
    return this.#ended("ok", { value, versions: siblings.length, ...versionNames(siblings) });
  }

  #read(
    key: string,
  ): Promise<{ readonly cart: Cart; readonly read: ReadResult } | { readonly error: string }> {
    const options = { timeoutMs: CALL_TIMEOUT_MS };
    return view(this.#processStore.store, keyBytes(key), this.#reconciler, options).then(
      ({ value, read }) => ({ cart: value, read }),
      (error: unknown) => ({ error: cartFailure(error).code }),
    );
  }

  async #write(
    key: string,
    cart: Cart,
    { siblings, context }: ReadResult,
    seen: { readonly value: string; readonly readSet?: readonly string[] },
  ): Promise<Completion> {
    const bytes = this.#reconciler.encode(cart);
    const versions = siblings.length;
    this.#writes += 1;
    const wrote = `${this.#process}-${this.#writes}`;
    const told = { ...seen, versions, wrote, ...versionNames(siblings) };
    try {
      const contentType = namedType(this.#reconciler.contentType, wrote);
      const options = { context, contentType, timeoutMs: CALL_TIMEOUT_MS };
      await this.#processStore.store.put(keyBytes(key), bytes, options);
      return this.#ended("ok", told);
    } catch (error) {
      const { code, definite } = cartFailure(error);
      return this.#ended(definite ? "fail" : "info", { ...told, error: code });
    }
  }

  #ended(type: Completion["type"], rest: Omit<Completion, "type" | "node">): Completion {
    return { type, node: this.#processStore.answeredBy(), ...rest };
  }
}

/** Keys of carts are ASCII. */
function keyBytes(key: string): Uint8Array {
  return Buffer.from(key, "utf8");
}
