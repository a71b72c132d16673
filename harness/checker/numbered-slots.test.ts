import fc from "fast-check";
import { expect, test } from "vitest";
import { NumberedSlots } from "./numbered-slots.ts";

test("NumberedSlots tells what a list of its numbers does, whatever is set and cleared", () => {
  let empty = 0;
  const changes = fc.array(fc.tuple(fc.nat(), fc.option(fc.nat({ max: 99 }))), { minLength: 1 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), changes, (count, drawn) => {
      const slots = new NumberedSlots(count);
      const plain: (number | null)[] = Array.from({ length: count }, () => null);
      for (const [draw, number] of drawn) {
        const slot = draw % Math.max(count, 1);
        if (slot < count) {
          plain[slot] = number;
          if (number === null) slots.clear(slot);
          else slots.set(slot, number);
        }
        expect(slots.least).toBe(
          Math.min(...plain.map((each) => each ?? Number.POSITIVE_INFINITY)),
        );
        for (let from = 0; from <= count + 1; from += 1) {
          const next = plain.findIndex((each, at) => at >= from && each !== null);
          expect(slots.nextFrom(from)).toBe(next < 0 ? undefined : next);
          if (next < 0) empty += 1;
        }
        expect(plain.map((_, at) => slots.has(at))).toEqual(plain.map((each) => each !== null));
      }
    }),
  );
  expect(empty).toBeGreaterThan(100);
});
