/*
 * A tree's hashes depend on its keys and digests alone. Method: any sequence of changes against a tree built at once from what
 * they leave, and against a slow definition of the hash; few keys with many changes, and enough keys that pages become branches
 * and branches pages.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256Text } from "../base/hash.ts";
import { HashTree } from "./hash-tree.ts";
import type { Leaf } from "./leaf.ts";
import { DEPTH_MAX, digitAt, HASH_BYTES, NO_HASH, placeOf } from "./leaf.ts";
import { BUCKET_KEYS_MAX, leafSizeBytes, writeLeaf } from "./packed-leaves.ts";
import type { Subtree } from "./subtree.ts";
import { subtreeAt } from "./subtree.ts";
import { leafOf, numberedLeaves, textsOf, treeOf } from "./testing/leaves.ts";

/** The definition of `packed-leaves.ts`, without packing, caching or storing anything. */
function slowHash(leaves: readonly Leaf[], depth = 0): string {
  if (leaves.length === 0) return NO_HASH;
  if (leaves.length <= BUCKET_KEYS_MAX || depth === DEPTH_MAX) {
    const packed = [...leaves].sort(byPlace).map((leaf) => {
      const bytes = Buffer.alloc(leafSizeBytes(leaf.key));
      writeLeaf(bytes, 0, placeOf(leaf.key), leaf);
      return bytes;
    });
    return sha256Text(Buffer.concat(packed)).slice(0, HASH_BYTES);
  }
  let parts = "\u0001";
  for (let digit = 0; digit < 16; digit += 1) {
    const part = leaves.filter(({ key }) => digitAt(placeOf(key), depth) === digit);
    parts += slowHash(part, depth + 1);
  }
  return sha256Text(Buffer.from(parts, "latin1")).slice(0, HASH_BYTES);
}

function byPlace(left: Leaf, right: Leaf): number {
  const [one, other] = [placeOf(left.key), placeOf(right.key)];
  return one.high - other.high || one.low - other.low || Buffer.compare(left.key, right.key);
}

interface Change {
  readonly key: string;
  /** Undefined: removed. */
  readonly record: string | undefined;
}

const changes = (keys: number): fc.Arbitrary<readonly Change[]> =>
  fc.array(
    fc.record({
      key: fc.nat({ max: keys }).map((number) => `key ${number}`),
      record: fc.option(fc.nat({ max: 3 }).map(String), { nil: undefined }),
    }),
    { maxLength: 3 * keys },
  );

/** Applies changes, and asks for the hash now and then so that what is remembered can be stale. */
function applied(tree: HashTree, list: readonly Change[]): ReadonlyMap<string, Leaf> {
  const held = new Map<string, Leaf>();
  for (const [at, { key, record }] of list.entries()) {
    const leaf = leafOf(key, record);
    if (record === undefined) {
      held.delete(key);
      tree.remove(leaf.key);
    } else {
      held.set(key, leaf);
      tree.put(leaf);
    }
    if (at % 7 === 0) tree.hash();
  }
  return held;
}

function expectSame(tree: Subtree, leaves: readonly Leaf[]): void {
  expect(tree.count).toBe(leaves.length);
  expect(tree.hash()).toBe(slowHash(leaves));
  expect(tree.hash()).toBe(treeOf(leaves).hash());
  expect(textsOf(tree.leaves())).toEqual(textsOf([...leaves].sort(byPlace)));
}

describe("HashTree", () => {
  test("has the hash of what its changes leave, whatever they were", () => {
    fc.assert(
      fc.property(changes(60), (list) => {
        const tree = new HashTree();
        expectSame(tree, [...applied(tree, list).values()]);
      }),
      { numRuns: 200 },
    );
  });

  test("has it when pages become branches, and branches pages again", () => {
    const leaves = numberedLeaves(3_000);
    const tree = treeOf(leaves);
    expectSame(tree, leaves);
    for (const kept of [1_200, 520, 300, 200, 33, 32, 1, 0]) {
      for (const { key } of leaves.slice(kept)) tree.remove(key);
      expectSame(tree, leaves.slice(0, kept));
    }
    expect(tree.hash()).toBe(NO_HASH);
  });

  test("changes exactly one path from leaf to root when one record changes (D-4.7-2)", () => {
    const tree = treeOf(numberedLeaves(3_000));
    const place = placeOf(leafOf("key 77").key);
    const hashes = (top: Subtree, depth: number): readonly string[] =>
      depth === 0
        ? [top.hash()]
        : [
            top.hash(),
            ...Array.from({ length: 16 }, (_, digit) => hashes(top.child(digit), depth - 1)).flat(),
          ];
    const before = hashes(tree, 2);
    tree.put(leafOf("key 77", "another record"));
    const after = hashes(tree, 2);
    const changed = after.filter((hash, at) => hash !== before[at]);
    const onPath = [0, 1, 2].map((depth) => {
      const path = Uint8Array.from({ length: depth }, (_, at) => digitAt(place, at));
      return subtreeAt(tree, path).hash();
    });
    expect(changed).toEqual(onPath);
  });

  test("knows the digest of each key, and none of others", () => {
    const leaves = numberedLeaves(1_000);
    const tree = treeOf(leaves);
    for (const { key, digest } of leaves) expect(tree.find(key)).toBe(digest);
    expect(tree.find(leafOf("another").key)).toBeUndefined();
  });

  test("gives below any path what a tree of those keys alone has", () => {
    const leaves = numberedLeaves(2_000);
    const tree = treeOf(leaves);
    for (let digit = 0; digit < 16; digit += 1) {
      const below = leaves.filter(({ key }) => digitAt(placeOf(key), 0) === digit);
      const child = tree.child(digit);
      expect(child.count).toBe(below.length);
      expect(child.hash()).toBe(slowHash(below, 1));
      const hash = Buffer.from(tree.childHashes().subarray(16 * digit, 16 * digit + 16));
      expect(hash.toString("latin1")).toBe(slowHash(below, 1));
    }
  });

  test("takes the memory of a page of its own for no leaf of another", () => {
    const tree = new HashTree();
    const key = Buffer.from("key");
    tree.put({ key, digest: leafOf("key", "a").digest });
    const hash = tree.hash();
    key.fill(0);
    tree.put(leafOf("other", "b"));
    tree.remove(leafOf("other").key);
    expect(tree.hash()).toBe(hash);
  });
});
