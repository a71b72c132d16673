import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../src/base/seeded-random.ts";
import { ddmin } from "./ddmin.ts";

const NUMBERS = Array.from({ length: 64 }, (_, index) => index);

function needing(...needed: readonly number[]) {
  const asked: (readonly number[])[] = [];
  return {
    asked,
    holds: async (items: readonly number[]) => {
      asked.push(items);
      return needed.every((item) => items.includes(item));
    },
  };
}

describe("ddmin()", () => {
  test("keeps exactly what is needed, in order", async () => {
    const random = new SeededRandom("ddmin");
    for (let round = 0; round < 50; round += 1) {
      const needed = random.shuffle(NUMBERS).slice(0, random.integer(6));
      const { holds } = needing(...needed);
      expect(await ddmin(NUMBERS, holds)).toEqual(needed.sort((left, right) => left - right));
    }
  });

  test("finds one item of many in few tests, and asks the same at every call", async () => {
    const first = needing(37);
    await ddmin(NUMBERS, first.holds);
    expect(first.asked.length).toBeLessThan(30);
    const again = needing(37);
    await ddmin(NUMBERS, again.holds);
    expect(again.asked).toEqual(first.asked);
  });

  test("stops with the best it has where tests begin to fail", async () => {
    let left = 3;
    const kept = await ddmin(NUMBERS, async (items) => {
      left -= 1;
      return left >= 0 && items.includes(0);
    });
    expect(kept).toContain(0);
    expect(kept.length).toBeLessThan(NUMBERS.length);
  });
});
