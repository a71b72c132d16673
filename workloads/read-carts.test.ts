import { expect, test } from "vitest";
import { VirtualClock } from "../harness/generator/testing/virtual-clock.ts";
import { Recorder } from "../harness/history/recorder.ts";
import type { RequestOptions, Store } from "../src/client/contract.ts";
import { ClientError } from "../src/client/contract.ts";
import { cartReconciler } from "../src/client/reconcile/cart-reconciler.ts";
import { unionCart } from "../src/client/reconcile/union-cart.ts";
import { readCarts } from "./read-carts.ts";

const asked: { readonly key: string; readonly options: RequestOptions | undefined }[] = [];

function storeOf(get: (key: string) => readonly string[] | undefined): Store {
  return {
    get: async (key, options) => {
      const name = Buffer.from(key).toString();
      asked.push({ key: name, options });
      const items = get(name);
      const siblings =
        items === undefined ? [] : [{ bytes: unionCart.encode(items), contentType: "" }];
      return { siblings, context: "" };
    },
    put: async () => {},
    delete: async () => {},
  };
}

const down = storeOf(() => {
  throw new ClientError("read-quorum-not-met", true, "down");
});

async function finalReads(readers: readonly { readonly node: string; readonly store: Store }[]) {
  const header = {
    format: "ringside-history",
    version: 1,
    workload: "w",
    seed: 1,
    nodes: ["n1", "n2"],
  } as const;
  const recorder = new Recorder({ clock: new VirtualClock() }, { write() {} }, header);
  const reconciler = cartReconciler("union");
  await readCarts({ recorder, readers }, { keys: ["cart-0", "cart-1"], reconciler, replicas: 3 });
  return recorder.lines;
}

test("readCarts() reads every cart with R=N, and tells an absent one from an empty one", async () => {
  asked.length = 0;
  const lines = await finalReads([
    { node: "n1", store: storeOf((key) => (key === "cart-0" ? [] : undefined)) },
  ]);
  expect(lines).toMatchObject([
    { type: "final-read", node: "n1", key: "cart-0", value: [], versions: 1 },
    { type: "final-read", node: "n1", key: "cart-1", value: null, versions: 0 },
  ]);
  expect(asked.map(({ options }) => options?.r)).toEqual([3, 3]);
});

test("readCarts() asks the next node where one fails, and records the error where all do", async () => {
  const up = storeOf(() => ["i1"]);
  expect(
    await finalReads([
      { node: "n1", store: down },
      { node: "n2", store: up },
    ]),
  ).toMatchObject([
    { node: "n2", value: ["i1"] },
    { node: "n2", value: ["i1"] },
  ]);
  expect(await finalReads([{ node: "n1", store: down }])).toMatchObject([
    { key: "cart-0", value: null, error: "read-quorum-not-met" },
    { key: "cart-1", value: null, error: "read-quorum-not-met" },
  ]);
});

test("readCarts() records a value that is no cart as an error", async () => {
  const alien: Store = {
    ...down,
    get: async () => ({ siblings: [{ bytes: Buffer.from("?"), contentType: "" }], context: "" }),
  };
  expect(await finalReads([{ node: "n1", store: alien }])).toMatchObject([
    { error: "bad-value" },
    { error: "bad-value" },
  ]);
});
