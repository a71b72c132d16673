import type { NodeId } from "../base/ids.ts";
import type { Ring } from "../ring/ring.ts";

export interface ReceptionOptions {
  readonly nodeId: NodeId;
  readonly n: number;
  /** The cluster's own W: whatever it acknowledged, so many of the owners hold. */
  readonly w: number;
}

/**
 * The ranges that the ring's open change gives a node, and of which it has not yet what it needs (D-4.9-1, D-4.9-4): everything of so
 * many owners that one of them was among any W, N-W+1. `hasAllOf` tells with whom it has brought its copies together since the change
 * was open to both. Empty: the node may say that it has received all.
 *
 * From then on it stays whole: who still knew the ring before was refused by those owners, and who knows of the change writes to the
 * node as well.
 */
export function rangesAwaited(
  ring: Ring,
  { nodeId, n, w }: ReceptionOptions,
  hasAllOf: (owner: NodeId) => boolean,
): readonly number[] {
  const { next } = ring;
  if (next === undefined) return [];
  const awaited: number[] = [];
  for (let partition = 0; partition < ring.partitionCount; partition += 1) {
    if (!next.preferenceListOf(partition).slice(0, n).includes(nodeId)) continue;
    const owners = ring.preferenceListOf(partition).slice(0, n);
    if (owners.includes(nodeId)) continue;
    const heldOf = owners.filter(hasAllOf).length;
    if (heldOf < owners.length - w + 1) awaited.push(partition);
  }
  return awaited;
}
