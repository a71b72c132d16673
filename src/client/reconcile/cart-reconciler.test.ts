/*
 * What every kind of cart promises, what only some do, and the bytes they are stored as. Histories are random: replicas
 * of one cart that add, remove and merge stale states of each other in any order.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cart, CartReconciler } from "./cart.ts";
import { CART_KINDS, cartReconciler } from "./cart-reconciler.ts";
import { ValueFormatError } from "./reconciler.ts";

const ITEMS = ["a", "b", "__proto__", "\ud800", ""];

type Step =
  | { readonly does: "add"; readonly at: number; readonly item: string }
  | { readonly does: "remove"; readonly at: number; readonly item: string }
  | { readonly does: "merge"; readonly at: number; readonly from: number };

const replica = fc.nat({ max: 3 });
const item = fc.constantFrom(...ITEMS);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constant("add" as const), at: replica, item }),
  fc.record({ does: fc.constant("remove" as const), at: replica, item }),
  fc.record({ does: fc.constant("merge" as const), at: replica, from: fc.nat() }),
);
const history = fc.array(step, { maxLength: 40 });

interface World {
  /** Every state a replica ever had, in order of making. */
  readonly states: readonly Cart[];
  /** For each state: the tags added in its past by item, and the tags whose remove is in its past. */
  readonly pasts: readonly Past[];
}

interface Past {
  readonly added: ReadonlyMap<string, string>;
  readonly removed: ReadonlySet<string>;
}

const NO_PAST: Past = { added: new Map(), removed: new Set() };

/** Plays a history; `merge` takes any earlier state, however stale. Beside each cart it keeps the plain truth. */
function play(cart: CartReconciler, steps: readonly Step[]): World {
  const states: Cart[] = [cart.empty];
  const pasts: Past[] = [NO_PAST];
  const heads = [0, 0, 0, 0];
  steps.forEach((next, number) => {
    const head = heads[next.at] ?? 0;
    const [state, past] = [states[head] ?? cart.empty, pasts[head] ?? NO_PAST];
    if (next.does === "add") {
      states.push(cart.add(state, next.item, `t${number}`));
      pasts.push({ ...past, added: new Map(past.added).set(`t${number}`, next.item) });
    } else if (next.does === "remove") {
      states.push(cart.remove(state, next.item));
      const seen = [...past.added].filter(([, added]) => added === next.item);
      pasts.push({ ...past, removed: past.removed.union(new Set(seen.map(([tag]) => tag))) });
    } else {
      const from = next.from % states.length;
      const [other, otherPast] = [states[from] ?? cart.empty, pasts[from] ?? NO_PAST];
      states.push(cart.merge([state, other]));
      pasts.push({
        added: new Map([...past.added, ...otherPast.added]),
        removed: past.removed.union(otherPast.removed),
      });
    }
    heads[next.at] = states.length - 1;
  });
  return { states, pasts };
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

describe.each(CART_KINDS)("cartReconciler(%j)", (kind) => {
  const cart = cartReconciler(kind);

  test("merge() of no versions is an empty cart", () => {
    expect(cart.items(cart.merge([]))).toEqual([]);
  });

  test("add() puts one item in, remove() takes it out, neither changes what it was given", () => {
    const one = cart.add(cart.empty, "x", "t1");
    const none = cart.remove(one, "x");
    expect([cart.empty, one, none].map((state) => cart.items(state))).toEqual([[], ["x"], []]);
    expect(cart.remove(none, "x")).toBe(none);
  });

  test("decode() gives back what encode() was given, and equal carts are equal bytes", () => {
    fc.assert(
      fc.property(history, (steps) => {
        for (const state of play(cart, steps).states) {
          const bytes = cart.encode(state);
          const again = cart.decode(bytes);
          expect(cart.items(again)).toEqual(cart.items(state));
          expect(text(cart.encode(again))).toBe(text(bytes));
        }
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["no bytes", ""],
    ["not JSON", "{"],
    ["not an object", "[]"],
    ["null", "null"],
    ["no format", "{}"],
    ["another format", '{"format":"ringside-cart-other","version":1,"items":[]}'],
  ])("decode() refuses %s", (_name, stored) => {
    expect(() => cart.decode(Buffer.from(stored))).toThrow(ValueFormatError);
  });

  test("decode() refuses other versions, missing fields and bytes that are not UTF-8", () => {
    const stored = text(cart.encode(cart.add(cart.empty, "x", "t1")));
    for (const broken of [
      stored.replace('"version":1', '"version":2'),
      stored.replace("items", "stuff").replace("added", "stuff"),
      stored.replace('"x"', "7"),
      stored.replace('["x"', '["x",["x"]'),
    ]) {
      expect(broken).not.toBe(stored);
      expect(() => cart.decode(Buffer.from(broken))).toThrow(ValueFormatError);
    }
    expect(() => cart.decode(Buffer.concat([Buffer.from(stored), Buffer.of(0xff)]))).toThrow(
      ValueFormatError,
    );
  });
});

describe.each(["union", "or-set"] as const)("cartReconciler(%j), merge()", (kind) => {
  const cart = cartReconciler(kind);
  const same = (left: Cart, right: Cart) =>
    expect(text(cart.encode(left))).toBe(text(cart.encode(right)));

  test("is commutative, associative, idempotent, and knows empty for neutral", () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.nat(), fc.nat(), (steps, i, j, k) => {
        const { states } = play(cart, steps);
        const pick = (index: number) => states[index % states.length] ?? cart.empty;
        const [a, b, c] = [pick(i), pick(j), pick(k)];
        same(cart.merge([a, b]), cart.merge([b, a]));
        same(cart.merge([cart.merge([a, b]), c]), cart.merge([a, cart.merge([b, c])]));
        same(cart.merge([a, b, c]), cart.merge([cart.merge([a, b]), c]));
        same(cart.merge([a, a]), a);
        same(cart.merge([a, cart.empty]), a);
      }),
    );
  });

  test("loses no add: an item added in the past and never removed is in", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { states, pasts } = play(cart, steps);
        states.forEach((state, index) => {
          const { added, removed } = pasts[index] ?? NO_PAST;
          const items = new Set(cart.items(state));
          for (const [tag, name] of added) {
            expect(removed.has(tag) || items.has(name)).toBe(true);
          }
        });
      }),
    );
  });
});

test("an OR-set cart holds exactly the items of adds that no remove has seen", () => {
  const cart = cartReconciler("or-set");
  fc.assert(
    fc.property(history, (steps) => {
      const { states, pasts } = play(cart, steps);
      states.forEach((state, index) => {
        const { added, removed } = pasts[index] ?? NO_PAST;
        const expected = [...added].filter(([tag]) => !removed.has(tag)).map(([, name]) => name);
        expect(cart.items(state)).toEqual([...new Set(expected)].sort());
      });
    }),
  );
});

test("D-4.4-10, K-23 an item removed from a union cart resurfaces with a stale version, from an OR-set cart it does not", () => {
  const resurfaces = (kind: "union" | "or-set") => {
    const cart = cartReconciler(kind);
    const stale = cart.add(cart.empty, "x", "t1");
    const removed = cart.remove(stale, "x");
    return cart.items(cart.merge([removed, cart.add(stale, "y", "t2")]));
  };
  expect(resurfaces("union")).toEqual(["x", "y"]);
  expect(resurfaces("or-set")).toEqual(["y"]);
});

test("an OR-set cart keeps an add that a concurrent remove had not seen, and one that lands late", () => {
  const cart = cartReconciler("or-set");
  const base = cart.add(cart.empty, "x", "p1-1");
  const again = cart.add(base, "x", "p2-1");
  expect(cart.items(cart.merge([cart.remove(base, "x"), again]))).toEqual(["x"]);

  const late = cart.add(cart.empty, "y", "p1-2");
  const later = cart.remove(cart.add(cart.empty, "z", "p1-3"), "z");
  expect(cart.items(cart.merge([later, late]))).toEqual(["y"]);
});

test("a removed tag cannot be added again to an OR-set cart", () => {
  const cart = cartReconciler("or-set");
  const removed = cart.remove(cart.add(cart.empty, "x", "t1"), "x");
  expect(cart.items(cart.add(removed, "x", "t1"))).toEqual([]);
});

test("a union cart that somebody else stored in another order is sorted, and one that holds an item twice refused", () => {
  const cart = cartReconciler("union");
  const decode = (items: readonly string[]) =>
    cart.items(
      cart.decode(
        Buffer.from(JSON.stringify({ format: "ringside-cart-union", version: 1, items })),
      ),
    );
  expect(decode(["b", "c", "a"])).toEqual(["a", "b", "c"]);
  expect(() => decode(["b", "a", "b"])).toThrow(ValueFormatError);
  expect(() => decode(["a", "a"])).toThrow(ValueFormatError);
});

test("an OR-set cart refuses stored tags that are both added and removed", () => {
  const cart = cartReconciler("or-set");
  const stored =
    '{"format":"ringside-cart-or-set","version":1,"added":[["x",["t"]]],"removed":["t"]}';
  expect(() => cart.decode(Buffer.from(stored))).toThrow(ValueFormatError);
});

test("a last-write-wins cart takes the first version and drops the rest", () => {
  const cart = cartReconciler("lww");
  const versions = ["x", "y"].map((name) => cart.add(cart.empty, name, "t"));
  expect(cart.items(cart.merge(versions))).toEqual(["x"]);
});
