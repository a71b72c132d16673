import { toHex } from "../../../../src/base/bytes.ts";
import { md5 } from "../../../../src/base/hash.ts";
import type { Ring } from "../../../../src/ring/ring.ts";
import type { Violation } from "../observer.ts";

const CHECK = "preference-list-wrong";

export interface RingCheckOptions {
  /** Every node of the cluster, in any order. */
  readonly nodes: readonly string[];
  readonly n: number;
  /** True: copies are spread over datacenters, and `check-spread.ts` judges in which order. */
  readonly isSpread?: boolean;
  readonly sampleKeys: readonly Uint8Array[];
  /** Virtual time for what is found. */
  readonly timeMs: number;
}

/**
 * Compares a ring's preference lists with what the paper says (4.2, 4.3, 6.2): each names every node once, so the first N
 * differ, in the order in which a walk over the owners meets them from the key's range on. The range is computed anew from
 * all of the MD5, in whole numbers: that of the upper 32 bits x is floor(x * Q / 2^32), which for a Q that is a power of two
 * is floor(position * Q / 2^128). At most one violation a key.
 */
export function checkRing(ring: Ring, options: RingCheckOptions): readonly Violation[] {
  const { nodes, sampleKeys, timeMs } = options;
  const violations: Violation[] = [];
  const ownerCount = new Set(ring.owners).size;
  for (const key of sampleKeys) {
    const anomaly = wrongList(ring, key, { ...options, ownerCount });
    if (anomaly !== undefined) {
      const name = Buffer.from(key).toString();
      const detail = `The list is ${ring.preferenceList(key).join(", ")}, the walk from range ${rangeOf(key, ring.owners.length)} meets ${walk(ring, key, ownerCount).join(", ")}, the nodes are ${nodes.join(", ")}`;
      violations.push({ check: CHECK, anomaly, detail, timeMs, key: name });
    }
  }
  return violations;
}

function wrongList(
  ring: Ring,
  key: Uint8Array,
  { nodes, n, isSpread = false, ownerCount }: RingCheckOptions & { readonly ownerCount: number },
): string | undefined {
  const list = ring.preferenceList(key);
  if (new Set(list.slice(0, n)).size < Math.min(n, nodes.length)) {
    return "the first N nodes of a preference list are not N nodes";
  }
  if (list.length !== nodes.length || !nodes.every((node) => list.some((each) => each === node))) {
    return "a preference list does not name every node once";
  }
  if (ring.partitionOf(key) !== rangeOf(key, ring.owners.length)) {
    return "a key is in another range than its position says";
  }
  const expected = walk(ring, key, ownerCount);
  if (!isSpread && !list.every((node, index) => node === expected[index])) {
    return "a preference list is not in the order of the ring";
  }
  return undefined;
}

function rangeOf(key: Uint8Array, rangeCount: number): number {
  const position = BigInt(`0x${toHex(md5(key))}`);
  return Number(((position >> 96n) * BigInt(rangeCount)) >> 32n);
}

/** The owners in the order in which a walk meets them, to the last of the `ownerCount` that there are. */
function walk({ owners }: Ring, key: Uint8Array, ownerCount: number): readonly string[] {
  const start = rangeOf(key, owners.length);
  const met: string[] = [];
  for (let step = 0; met.length < ownerCount; step += 1) {
    const owner = owners[(start + step) % owners.length] ?? "";
    if (!met.includes(owner)) met.push(owner);
  }
  return met;
}
