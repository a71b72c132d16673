import { describe, expect, test } from "vitest";
import { FailedItems } from "./failed-items.ts";

const OPTIONS = { firstMs: 100, maxMs: 400 };

describe("FailedItems", () => {
  test("hold an item back longer after each failure, and none that did not fail", () => {
    const items = new FailedItems(OPTIONS);
    expect(items.failed("a", { nowMs: 0, chance: 0 })).toBe(1);
    expect([99, 100].map((nowMs) => items.isHeldBack("a", nowMs))).toEqual([true, false]);
    expect(items.isHeldBack("b", 0)).toBe(false);
    expect(items.failed("a", { nowMs: 100, chance: 0 })).toBe(2);
    expect([299, 300].map((nowMs) => items.isHeldBack("a", nowMs))).toEqual([true, false]);
    expect([items.heldBackCount(299), items.heldBackCount(300), items.count]).toEqual([1, 0, 1]);
  });

  test("forget what succeeded and what is no longer there, and begin anew with it", () => {
    const items = new FailedItems(OPTIONS);
    for (const id of ["a", "b", "c"]) items.failed(id, { nowMs: 0, chance: 0 });
    items.succeeded("a");
    items.keepOnly(new Set(["a", "b"]));
    expect(["a", "b", "c"].map((id) => items.has(id))).toEqual([false, true, false]);
    expect(items.failed("a", { nowMs: 0, chance: 0 })).toBe(1);
  });

  test("stay bounded: the one that failed longest ago is forgotten first", () => {
    const items = new FailedItems(OPTIONS);
    for (let id = 0; id < 5_000; id += 1) items.failed(`${id}`, { nowMs: id, chance: 0 });
    expect(items.count).toBe(4_096);
    expect([items.has("903"), items.has("904")]).toEqual([false, true]);
  });
});
