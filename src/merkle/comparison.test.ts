/* Two trees that differ anywhere are told apart by exactly those keys, at a cost that follows the differences. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commonTree } from "./common-tree.ts";
import { answerAt, Comparison, differencesOf, PATH_DIGITS_MAX } from "./comparison.ts";
import type { HashTree } from "./hash-tree.ts";
import type { Leaf } from "./leaf.ts";
import { leafOf, numberedLeaves, treeOf } from "./testing/leaves.ts";

type Holding = "own" | "theirs" | "equal" | "different";

const holdings = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<Holding>("equal") },
    { weight: 1, arbitrary: fc.constantFrom<Holding>("own", "theirs", "different") },
  ),
  { maxLength: 400 },
);

function sidesOf(list: readonly Holding[]): { own: readonly Leaf[]; theirs: readonly Leaf[] } {
  const own: Leaf[] = [];
  const theirs: Leaf[] = [];
  for (const [number, holding] of list.entries()) {
    const key = `key ${number}`;
    if (holding !== "theirs") own.push(leafOf(key, "a"));
    if (holding !== "own") theirs.push(leafOf(key, holding === "different" ? "b" : "a"));
  }
  return { own, theirs };
}

/** Leaves dealt out to trees by their number, some of which have none. */
function dealt(leaves: readonly Leaf[], trees: number): readonly (HashTree | undefined)[] {
  return Array.from({ length: trees }, (_, number) => {
    const own = leaves.filter(({ key }) => numberOf(key) % (trees + 1) === number);
    return own.length === 0 ? undefined : treeOf(own);
  });
}

function numberOf(key: Uint8Array): number {
  return Number(Buffer.from(key).toString().replace("key ", ""));
}

function textsOf(differences: ReturnType<typeof differencesOf>): readonly string[] {
  return differences.map(({ key, holder }) => `${Buffer.from(key)} ${holder}`).sort();
}

describe("a comparison that goes one way", () => {
  const walk = (own: readonly Leaf[], theirs: readonly Leaf[]) => {
    const [ours, others] = [treeOf(own), treeOf(theirs)];
    const comparison = new Comparison(() => ours, 8, { isOneWay: true });
    const texts: string[] = [];
    for (let answers = 0; ; ) {
      const paths = comparison.ask();
      answers += paths.length;
      comparison.take(paths.map((path) => answerAt(others, path)));
      const found = comparison.takeDifferences();
      texts.push(...textsOf(found));
      if (paths.length === 0 && found.length === 0) return { texts: texts.sort(), answers };
    }
  };

  test("finds every key that the other side lacks or has otherwise, and none that only it has", () => {
    fc.assert(
      fc.property(holdings, (list) => {
        const { own, theirs } = sidesOf(list);
        const expected = list.flatMap((holding, number) =>
          holding === "equal" || holding === "theirs"
            ? []
            : [`key ${number} ${holding.replace("different", "both")}`],
        );
        expect(walk(own, theirs).texts).toEqual(expected.sort());
      }),
    );
  });

  test("asks for no more than lies beside its own keys", () => {
    const theirs = numberedLeaves(10_000);
    const own = [leafOf("key of its own", "a")];
    const { texts, answers } = walk(own, theirs);
    expect(texts).toEqual(["key of its own own"]);
    expect(answers).toBeLessThan(8);
  });
});

describe("differencesOf", () => {
  test("gives every key in which two trees differ, and who has it", () => {
    fc.assert(
      fc.property(holdings, (list) => {
        const { own, theirs } = sidesOf(list);
        const expected = list.flatMap((holding, number) =>
          holding === "equal" ? [] : [`key ${number} ${holding.replace("different", "both")}`],
        );
        expect(textsOf(differencesOf(treeOf(own), treeOf(theirs)))).toEqual(expected.sort());
      }),
    );
  });

  test("gives them over any number of trees that stand beside each other", () => {
    fc.assert(
      fc.property(holdings, fc.integer({ min: 1, max: 40 }), (list, trees) => {
        const { own, theirs } = sidesOf(list);
        const found = differencesOf(
          commonTree(dealt(own, trees)),
          commonTree(dealt(theirs, trees)),
        );
        const expected = list.flatMap((holding, number) =>
          holding === "equal" || number % (trees + 1) === trees
            ? []
            : [`key ${number} ${holding.replace("different", "both")}`],
        );
        expect(textsOf(found)).toEqual(expected.sort());
      }),
    );
  });

  test("gives all keys where one side has none, over many pages", () => {
    const leaves = numberedLeaves(5_000);
    const nothing = treeOf([]);
    for (const [own, theirs, holder] of [
      [treeOf(leaves), nothing, "own"],
      [nothing, treeOf(leaves), "theirs"],
    ] as const) {
      const found = differencesOf(own, theirs);
      expect(found.length).toBe(leaves.length);
      expect(new Set(found.map((difference) => difference.holder))).toEqual(new Set([holder]));
    }
  });
});

describe("Comparison", () => {
  test("of equal trees asks for one node", () => {
    const tree = treeOf(numberedLeaves(10_000));
    const comparison = new Comparison(() => tree, 64);
    const paths = comparison.ask();
    expect(paths).toEqual([new Uint8Array(0)]);
    comparison.take(paths.map((path) => answerAt(tree, path)));
    expect(comparison.ask()).toEqual([]);
    expect(comparison.takeDifferences()).toEqual([]);
  });

  test("asks again for what a short answer left out", () => {
    const own = treeOf(numberedLeaves(2_000));
    const theirs = treeOf(numberedLeaves(1_900));
    const comparison = new Comparison(() => own, 64);
    const found: string[] = [];
    for (;;) {
      const paths = comparison.ask();
      comparison.take(paths.slice(0, 1).map((path) => answerAt(theirs, path)));
      const differences = comparison.takeDifferences();
      found.push(...textsOf(differences));
      if (paths.length === 0 && differences.length === 0) break;
    }
    expect(found.length).toBe(100);
  });

  test("follows no peer below the last digit", () => {
    const own = treeOf(numberedLeaves(100));
    const comparison = new Comparison(() => own, 1);
    const hashes = new Uint8Array(256).fill(7);
    let longest = 0;
    for (let step = 0; step < 1_000; step += 1) {
      const paths = comparison.ask();
      longest = Math.max(longest, ...paths.map((path) => path.length));
      comparison.take(paths.map(() => ({ kind: "children", hashes })));
    }
    expect(longest).toBe(PATH_DIGITS_MAX);
  });
});
