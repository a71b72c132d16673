import type { Copy, KeyState } from "./key-state.ts";

/** The copy that a node keeps in its own row of a key; undefined where it never had one. */
export function ownCopyOf({ copies }: KeyState, node: string): Copy | undefined {
  for (const copy of copies) {
    if (copy.node === node && copy.owner === node) return copy;
  }
  return undefined;
}
