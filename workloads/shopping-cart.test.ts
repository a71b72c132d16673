import { describe, expect, test } from "vitest";
import { gatherCarts } from "../harness/checker/cart-items.ts";
import { gatherEvidence } from "../harness/checker/evidence.ts";
import { checkLostWrites } from "../harness/checker/lost-writes.ts";
import type { Operation } from "../harness/history/operation.ts";
import { readHistory } from "../harness/history/read-history.ts";
import { SeededRandom } from "../src/base/seeded-random.ts";
import { ClientError } from "../src/client/contract.ts";
import { cartReconciler } from "../src/client/reconcile/cart-reconciler.ts";
import { cartClients } from "./shopping-cart.ts";
import type { SimulatedCartsOptions } from "./testing/simulated-carts.ts";
import { simulateCarts } from "./testing/simulated-carts.ts";

async function lostWritesOf(options: SimulatedCartsOptions) {
  const { header, lines } = await simulateCarts(options);
  const evidence = gatherEvidence(header, lines, undefined);
  expect(evidence.pairProblems).toEqual([]);
  const carts = gatherCarts(evidence.pairs);
  expect(carts.problems).toEqual([]);
  return checkLostWrites(evidence, carts);
}

describe("shopping cart", () => {
  test.each(["union", "or-set"] as const)(
    "D-6-1 loses nothing in a dvvset store by %s",
    async (reconcile) => {
      for (const seed of [1, 2, 3]) {
        const result = await lostWritesOf({
          seed,
          mode: "dvvset",
          reconcile,
          doubt: 0.05,
          refused: 0.1,
        });
        expect(result).toMatchObject({ verdict: "valid", count: 0, examples: [] });
        expect(result.acknowledged).toBeGreaterThan(100);
      }
    },
  );

  test.each(["lww", "vector-clock"] as const)(
    "is caught losing adds in a %s store",
    async (mode) => {
      const result = await lostWritesOf({ seed: 1, mode, reconcile: "union" });
      expect(result.verdict).toBe("invalid");
      expect(result.count).toBeGreaterThan(0);
      expect(result.reasons[0]).toMatch(
        /^\d+ acknowledged add\(s\) lost; the first is i\d+ of cart-\d/,
      );
    },
  );

  test("one seed gives one history", async () => {
    const options = { seed: 5, mode: "dvvset", reconcile: "or-set", doubt: 0.1 } as const;
    const [first, second] = [await simulateCarts(options), await simulateCarts(options)];
    expect(first.text).toBe(second.text);
    expect(first.result.attempted).toBeGreaterThan(300);
  });

  test("the file holds what was kept in memory", async () => {
    const { header, lines, text } = await simulateCarts({
      seed: 2,
      mode: "dvvset",
      reconcile: "union",
    });
    expect(readHistory(text)).toEqual({ header, lines, truncated: undefined });
  });

  test("removes record what they had read, in doubt too", async () => {
    const { lines } = await simulateCarts({
      seed: 3,
      mode: "dvvset",
      reconcile: "union",
      doubt: 0.3,
    });
    const removes = lines.filter(
      (line): line is Operation =>
        (line.type === "ok" || line.type === "info") && line.f === "remove",
    );
    expect(removes.some(({ type }) => type === "info")).toBe(true);
    for (const { value, readSet } of removes) {
      expect(readSet).toContain(value);
    }
  });
});

describe("cart client", () => {
  const failing = (get: ClientError | undefined, put: ClientError | undefined) =>
    cartClients(cartReconciler("union"), new SeededRandom(1), () => ({
      store: {
        get: async () => {
          if (get !== undefined) throw get;
          const bytes = cartReconciler("union").encode(
            cartReconciler("union").add(cartReconciler("union").empty, "i1", "i1"),
          );
          return { siblings: [{ bytes, contentType: "" }], context: "c" };
        },
        put: async () => {
          if (put !== undefined) throw put;
        },
        delete: async () => {},
      },
      answeredBy: () => "n2",
      close: () => {},
    })).open(0, "n1");
  const doubt = new ClientError("write-quorum-not-met", false, "in doubt");
  const refusal = new ClientError("overloaded", true, "refused");

  test("a failed read is a fail even where the error is in doubt: nothing was written", async () => {
    const add = await failing(doubt, undefined).invoke({ f: "add", key: "k", value: "i9" });
    expect(add).toEqual({ type: "fail", node: "n2", value: "i9", error: "write-quorum-not-met" });
  });

  test("D-4.5-7 a put in doubt is info, a put refused is a fail", async () => {
    const inDoubt = await failing(undefined, doubt).invoke({ f: "add", key: "k", value: "i9" });
    expect(inDoubt).toMatchObject({ type: "info", error: "write-quorum-not-met" });
    const refused = await failing(undefined, refusal).invoke({
      f: "remove",
      key: "k",
      value: null,
    });
    expect(refused).toMatchObject({
      type: "fail",
      value: "i1",
      readSet: ["i1"],
      error: "overloaded",
    });
  });

  test("D-4.5-4 a remove that finds nothing tells what it read all the same", async () => {
    const empty = cartClients(cartReconciler("union"), new SeededRandom(1), () => ({
      store: {
        get: async () => ({ siblings: [], context: "c" }),
        put: async () => {},
        delete: async () => {},
      },
      answeredBy: () => "n2",
      close: () => {},
    })).open(0, "n1");
    expect(await empty.invoke({ f: "remove", key: "k", value: null })).toMatchObject({
      type: "fail",
      error: "nothing-to-remove",
      versions: 0,
      saw: [],
    });
  });

  test("view tells items and versions", async () => {
    const view = await failing(undefined, undefined).invoke({ f: "view", key: "k", value: null });
    expect(view).toEqual({ type: "ok", node: "n2", value: ["i1"], versions: 1 });
  });
});
