import type { Ring } from "../../../../src/ring/ring.ts";
import type { Violation } from "../observer.ts";

const CHECK = "shares-wrong";
/** Few ranges divide badly, and a walk around the circle meets some nodes twice where it closes: of 16,000 rings none is further off. */
const OFF_SHARE_MAX = 0.15;

export interface SharesOptions {
  readonly n: number;
  /** Of every node, as the plan says, whatever the ring believes. */
  readonly capacityOf: ReadonlyMap<string, number>;
  /** Virtual time for what is found. */
  readonly timeMs: number;
}

/**
 * Whether every node keeps its part of the copies of all ranges by what it can do (D-2.3-8, D-4.2-6), as far as no node keeps a range twice. To be asked of
 * rings without datacenters, which have a say in that as well. At most one violation a node.
 */
export function checkShares(ring: Ring, options: SharesOptions): readonly Violation[] {
  const { n, capacityOf, timeMs } = options;
  const kept = copiesKept(ring, n);
  const parts = partsOf(capacityOf, n, ring.partitionCount);
  // Every node owns a range, however little it can do, and that comes out of what others would have.
  const givenAway = [...parts.values()].filter((part) => part < n).length;
  return [...parts].flatMap(([node, part]) => {
    const copies = kept.get(node) ?? 0;
    const offMax = OFF_SHARE_MAX * part + n * (2 + givenAway);
    if (Math.abs(copies - part) <= offMax) return [];
    const said = [...capacityOf].map(([name, capacity]) => `${name} ${capacity}`).join(", ");
    const detail = `Node ${node} keeps ${copies} copies of ${ring.partitionCount} ranges, N=${n}, and should keep ${part.toFixed(1)}; capacities are ${said}`;
    return [{ check: CHECK, anomaly: "a node's part is not by its capacity", detail, timeMs }];
  });
}

function copiesKept(ring: Ring, n: number): ReadonlyMap<string, number> {
  const kept = new Map<string, number>();
  for (let partition = 0; partition < ring.partitionCount; partition += 1) {
    for (const node of ring.preferenceListOf(partition).slice(0, n)) {
      kept.set(node, (kept.get(node) ?? 0) + 1);
    }
  }
  return kept;
}

/** Copies by capacity, none more than there are ranges; what that leaves over goes to the others, by theirs. */
function partsOf(
  capacityOf: ReadonlyMap<string, number>,
  n: number,
  rangeCount: number,
): ReadonlyMap<string, number> {
  const parts = new Map<string, number>();
  let open = [...capacityOf];
  let left = n * rangeCount;
  for (;;) {
    const whole = open.reduce((sum, [, capacity]) => sum + capacity, 0);
    const partOf = (capacity: number): number => (left * capacity) / whole;
    const full = open.filter(([, capacity]) => partOf(capacity) > rangeCount);
    if (full.length === 0) {
      for (const [node, capacity] of open) parts.set(node, Math.min(rangeCount, partOf(capacity)));
      return parts;
    }
    for (const [node] of full) parts.set(node, rangeCount);
    left -= full.length * rangeCount;
    open = open.filter(([node]) => !parts.has(node));
  }
}
