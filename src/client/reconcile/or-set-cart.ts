/*
 * A cart whose removes stick: an observed-remove set (Shapiro et al. 2011; D-4.4-10, K-23).
 *
 * Problem. The union of items brings a removed item back whenever a version merges in that had not seen the remove.
 * Sketch. Each add carries a tag used by no other add. The cart maps items to the tags of their adds and remembers the
 * tags that were removed. A remove moves exactly the tags that it sees; a merge unites both sides and lets a removed
 * tag win over its add. So an add that no remove has seen stays (add wins), and one that was seen never comes back.
 *
 * Removed tags are kept one by one. A version vector in their place (as in ORSWOT) would be smaller, but it takes "seen
 * up to 7" for "seen 7": a put that timed out and lands late carries a tag below the vector's counter, and its
 * acknowledged or unknown add would be dropped as removed. Carts are small; losing an add is the one thing they must not do.
 */

import type { CartReconciler } from "./cart.ts";
import {
  decodeStored,
  distinctStrings,
  encodeStored,
  refused,
  STORED_JSON_TYPE,
} from "./stored-json.ts";

const FORMAT = "ringside-cart-or-set";

export interface OrSetCart {
  /** Item to the tags of its adds that were not removed; never an empty set, never a removed tag. */
  readonly added: ReadonlyMap<string, ReadonlySet<string>>;
  /** Tags of adds that were removed. */
  readonly removed: ReadonlySet<string>;
}

export const orSetCart: CartReconciler<OrSetCart> = {
  empty: { added: new Map(), removed: new Set() },
  contentType: STORED_JSON_TYPE,
  merge(siblings) {
    const [only] = siblings;
    return siblings.length === 1 && only !== undefined ? only : united(siblings);
  },
  encode({ added, removed }) {
    return encodeStored(FORMAT, {
      added: [...added.keys()].sort().map((item) => [item, [...(added.get(item) ?? [])].sort()]),
      removed: [...removed].sort(),
    });
  },
  decode(bytes) {
    const fields = decodeStored(FORMAT, bytes);
    const { added } = fields;
    const removed = distinctStrings(FORMAT, fields, "removed");
    return { added: decodeAdded(added, removed), removed };
  },
  add(cart, item, tag) {
    if (cart.removed.has(tag)) {
      return cart;
    }
    const tags = new Set(cart.added.get(item)).add(tag);
    return { added: new Map(cart.added).set(item, tags), removed: cart.removed };
  },
  remove(cart, item) {
    const tags = cart.added.get(item);
    if (tags === undefined) {
      return cart;
    }
    const added = new Map(cart.added);
    added.delete(item);
    return { added, removed: cart.removed.union(tags) };
  },
  items({ added }) {
    return [...added.keys()].sort();
  },
};

function united(siblings: readonly OrSetCart[]): OrSetCart {
  const removed = new Set<string>();
  for (const sibling of siblings) {
    for (const tag of sibling.removed) {
      removed.add(tag);
    }
  }
  const added = new Map<string, Set<string>>();
  for (const sibling of siblings) {
    for (const [item, tags] of sibling.added) {
      for (const tag of tags) {
        if (!removed.has(tag)) {
          const kept = added.get(item);
          if (kept === undefined) {
            added.set(item, new Set([tag]));
          } else {
            kept.add(tag);
          }
        }
      }
    }
  }
  return { added, removed };
}

function decodeAdded(value: unknown, removed: ReadonlySet<string>): Map<string, Set<string>> {
  if (!Array.isArray(value)) {
    throw refused(FORMAT, "added is not an array");
  }
  const added = new Map<string, Set<string>>();
  for (const entry of value) {
    if (!Array.isArray(entry) || entry.length !== 2 || typeof entry[0] !== "string") {
      throw refused(FORMAT, "added holds something that is not [item, tags]");
    }
    const [item] = entry;
    const tags = distinctStrings(FORMAT, { tags: entry[1] }, "tags");
    if (added.has(item) || tags.size === 0 || !tags.isDisjointFrom(removed)) {
      throw refused(
        FORMAT,
        `item ${JSON.stringify(item)} stands twice, has no tag or a removed one`,
      );
    }
    added.set(item, tags);
  }
  return added;
}
