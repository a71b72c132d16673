import { describe, expect, test } from "vitest";
import type { ReadResult, Store } from "./contract.ts";
import { ClientError } from "./contract.ts";
import { cartReconciler } from "./reconcile/cart-reconciler.ts";
import { ValueFormatError } from "./reconcile/reconciler.ts";
import { update, view } from "./update.ts";

const KEY = Buffer.from("cart");
const cart = cartReconciler("or-set");
const withX = cart.add(cart.empty, "x", "t1");
const withY = cart.add(cart.empty, "y", "t2");

/** A store that answers every read alike and keeps the arguments of what is asked. */
function recordingStore(read: ReadResult, putError?: ClientError) {
  const calls: unknown[][] = [];
  const store: Store = {
    get: async (...call) => {
      calls.push(["get", ...call]);
      return read;
    },
    put: async (...call) => {
      calls.push(["put", ...call]);
      if (putError !== undefined) {
        throw putError;
      }
    },
    delete: async (...call) => {
      calls.push(["delete", ...call]);
    },
  };
  return { store, calls };
}

function versions(...bytes: Uint8Array[]): ReadResult {
  return {
    siblings: bytes.map((one) => ({ bytes: one, contentType: "application/json" })),
    context: "ctx",
  };
}

describe("update()", () => {
  test("writes the changed union of all versions under the context of the read", async () => {
    const { store, calls } = recordingStore(versions(cart.encode(withX), cart.encode(withY)));
    const done = await update(store, KEY, cart, (before) => cart.remove(before, "x"), { w: 3 });
    expect(cart.items(done.before)).toEqual(["x", "y"]);
    expect(cart.items(done.after)).toEqual(["y"]);
    expect(done.versions).toBe(2);
    expect(calls).toEqual([
      ["get", KEY, { w: 3 }],
      [
        "put",
        KEY,
        cart.encode(done.after),
        { w: 3, context: "ctx", contentType: "application/json" },
      ],
    ]);
  });

  test("starts from the empty value where the key holds none", async () => {
    const { store } = recordingStore(versions());
    const done = await update(store, KEY, cart, (before) => cart.add(before, "x", "t9"));
    expect([cart.items(done.before), cart.items(done.after)]).toEqual([[], ["x"]]);
  });

  test("shows the change what was read even if the put then fails", async () => {
    const failure = new ClientError("write-quorum-not-met", false, "Cannot put: W missed");
    const { store } = recordingStore(versions(cart.encode(withX)), failure);
    let seen: readonly string[] = [];
    const change = (before: typeof withX, read: ReadResult) => {
      seen = [...cart.items(before), read.context];
      return before;
    };
    await expect(update(store, KEY, cart, change)).rejects.toBe(failure);
    expect(seen).toEqual(["x", "ctx"]);
  });

  test("writes nothing over a version that it cannot read", async () => {
    const { store, calls } = recordingStore(versions(cart.encode(withX), Buffer.from("foreign")));
    const call = update(store, KEY, cart, (before) => before);
    await expect(call).rejects.toBeInstanceOf(ValueFormatError);
    expect(calls.map(([name]) => name)).toEqual(["get"]);
  });
});

test("view() reconciles and writes nothing", async () => {
  const { store, calls } = recordingStore(versions(cart.encode(withX), cart.encode(withY)));
  const { value, read } = await view(store, KEY, cart);
  expect(cart.items(value)).toEqual(["x", "y"]);
  expect(read.siblings).toHaveLength(2);
  expect(calls.map(([name]) => name)).toEqual(["get"]);
});
