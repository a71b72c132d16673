import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";
import { SeededRandom } from "../base/seeded-random.ts";
import { swapApart } from "./swap-apart.ts";

function ownersOf(letters: string): NodeId[] {
  return [...letters].map(nodeId);
}

/** Pairs of ranges of one owner less than N apart, on the circle. */
function nearPairs(owners: readonly NodeId[], n: number): number {
  let pairs = 0;
  for (const [partition, owner] of owners.entries()) {
    for (let distance = 1; distance < n; distance += 1) {
      if (owners[(partition + distance) % owners.length] === owner) pairs += 1;
    }
  }
  return pairs;
}

describe("swapApart()", () => {
  it("separates what may be swapped, also where the circle closes", () => {
    const owners = ownersOf("AABCDEBCDEFA");
    swapApart(new SeededRandom(1), owners, { groups: [[1, 3, 6], [...owners.keys()]], n: 3 });
    expect(nearPairs(owners, 3)).toBe(0);
    expect([...owners].sort().join("")).toBe("AAABBCCDDEEF");
  });

  it("swaps within a group alone, and leaves all as it is where one copy is kept", () => {
    const group = fc.uniqueArray(fc.nat({ max: 29 }), { maxLength: 30 });
    const letters = fc.array(fc.constantFrom(..."ABCDE"), { minLength: 30, maxLength: 30 });
    fc.assert(
      fc.property(letters, group, fc.integer({ min: 1, max: 5 }), (given, ranges, n) => {
        const before = ownersOf(given.join(""));
        const owners = [...before];
        swapApart(new SeededRandom(7), owners, { groups: [ranges], n });
        const inGroup = (some: readonly NodeId[]) => ranges.map((at) => some[at]).sort();
        expect(inGroup(owners)).toEqual(inGroup(before));
        before.forEach((owner, at) => {
          if (n === 1 || !ranges.includes(at)) expect(owners[at]).toBe(owner);
        });
      }),
    );
  });

  it("gets a random order of ten owners apart, or nearly", () => {
    const random = new SeededRandom("order");
    const shares = Array.from({ length: 1_000 }, (_, at) => nodeId(`n${at % 10}`));
    const owners = random.shuffle(shares);
    expect(nearPairs(owners, 3)).toBeGreaterThan(150);
    swapApart(random, owners, { groups: [[...owners.keys()]], n: 3 });
    expect(nearPairs(owners, 3)).toBeLessThan(5);
  });
});
