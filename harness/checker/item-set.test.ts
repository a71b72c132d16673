import fc from "fast-check";
import { expect, test } from "vitest";
import { ItemSet } from "./item-set.ts";

const COUNT = 100;

/** Both at once: the set and what a plain one holds. */
function filled(numbers: readonly number[]) {
  const items = ItemSet.of(COUNT);
  for (const number of numbers) items.add(number);
  return { items, plain: new Set(numbers) };
}

const held = (items: ItemSet) =>
  Array.from({ length: COUNT }, (_, number) => number).filter((number) => items.has(number));
const sorted = (plain: ReadonlySet<number>) => [...plain].sort((one, other) => one - other);

test("ItemSet holds what a plain set of numbers holds, and a copy is another set", () => {
  const numbers = fc.array(fc.nat({ max: COUNT - 1 }), { maxLength: 40 });
  fc.assert(
    fc.property(numbers, numbers, numbers, (one, other, deleted) => {
      const left = filled(one);
      const right = filled(other);
      const copy = left.items.copy();
      left.items.unite(right.items);
      expect(held(left.items)).toEqual(sorted(left.plain.union(right.plain)));
      for (const number of deleted) left.items.delete(number);
      const kept = left.plain.union(right.plain).difference(new Set(deleted));
      expect(held(left.items)).toEqual(sorted(kept));
      expect(left.items.firstBeyond(right.items)).toBe(sorted(kept.difference(right.plain))[0]);
      left.items.subtract(right.items);
      expect(held(left.items)).toEqual(sorted(kept.difference(right.plain)));
      expect(held(copy)).toEqual(sorted(left.plain));
    }),
  );
});
