import { utf8Bytes } from "../../base/bytes.ts";
import { HashTree } from "../hash-tree.ts";
import type { Leaf } from "../leaf.ts";
import { digestOf } from "../leaf.ts";

/** The leaf of a key, as text, whose record is this text. */
export function leafOf(key: string, record = ""): Leaf {
  return { key: utf8Bytes(key), digest: digestOf(utf8Bytes(record)) };
}

/** `key 0`, `key 1` and so on, with records of their own. */
export function numberedLeaves(count: number): readonly Leaf[] {
  return Array.from({ length: count }, (_, number) => leafOf(`key ${number}`, `record ${number}`));
}

export function treeOf(leaves: Iterable<Leaf>): HashTree {
  const tree = new HashTree();
  for (const leaf of leaves) tree.put(leaf);
  return tree;
}

/** Leaves as text, for comparison. */
export function textsOf(leaves: Iterable<Leaf>): readonly string[] {
  return [...leaves].map(
    ({ key, digest }) => `${Buffer.from(key)} ${Buffer.from(digest, "latin1").toString("hex")}`,
  );
}
