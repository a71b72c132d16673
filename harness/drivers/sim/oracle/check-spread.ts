import type { Ring } from "../../../../src/ring/ring.ts";
import type { Violation } from "../observer.ts";

const CHECK = "spread-wrong";

export interface SpreadOptions {
  readonly n: number;
  /** Of every node, as the plan says, whatever the ring believes. */
  readonly datacenterOf: ReadonlyMap<string, string>;
  /** Of every datacenter; undefined: as even as can be. */
  readonly replicas: Readonly<Record<string, number>> | undefined;
  /** Virtual time for what is found. */
  readonly timeMs: number;
}

/**
 * Whether every range keeps its copies in the datacenters in which it shall (C10, D-4.6-9): with counts, exactly so many in each; without,
 * so that none has two fewer than another and a node to spare. And in each datacenter they are the first that a walk meets, in the
 * order of the walk, so that one owner after the other gets its share. At most one violation a range.
 */
export function checkSpread(ring: Ring, options: SpreadOptions): readonly Violation[] {
  return ring.owners.flatMap((_, partition) => {
    const anomaly = wrongSpread(ring, partition, options);
    if (anomaly === undefined) return [];
    const list = ring
      .preferenceListOf(partition)
      .map((node) => `${node} in ${options.datacenterOf.get(node)}`);
    const detail = `The list of range ${partition} is ${list.join(", ")}, N=${options.n}, wanted is ${wantedOf(options)}`;
    return [{ check: CHECK, anomaly, detail, timeMs: options.timeMs }];
  });
}

function wrongSpread(ring: Ring, partition: number, options: SpreadOptions): string | undefined {
  const { n, datacenterOf, replicas } = options;
  const list: readonly string[] = ring.preferenceListOf(partition);
  const primaries = list.slice(0, n);
  const sizes = countBy([...datacenterOf.keys()], datacenterOf);
  const kept = countBy(primaries, datacenterOf);
  const keptIn = (datacenter: string) => kept.get(datacenter) ?? 0;
  const isRight =
    replicas === undefined
      ? [...sizes].every(
          ([datacenter, size]) =>
            keptIn(datacenter) === size || keptIn(datacenter) >= Math.max(...kept.values()) - 1,
        )
      : [...sizes.keys()].every((datacenter) => keptIn(datacenter) === replicas[datacenter]);
  if (!isRight) return "a range's copies are not spread over the datacenters as they shall be";
  const walk = walkFrom(ring, partition);
  for (const datacenter of sizes.keys()) {
    const local = (nodes: readonly string[]) =>
      nodes.filter((node) => datacenterOf.get(node) === datacenter).join();
    if (local(list) !== local(walk)) {
      return "the nodes of a datacenter are not in the order of the ring";
    }
  }
  const isInOrder = (nodes: readonly string[]) =>
    nodes.join() === walk.filter((node) => nodes.includes(node)).join();
  return isInOrder(primaries) && isInOrder(list.slice(n))
    ? undefined
    : "primaries or fallbacks are not in the order of the ring";
}

/** Every owner once, in the order in which the circle shows them from this range on. */
function walkFrom({ owners, nodes }: Ring, partition: number): readonly string[] {
  const met = new Set<string>();
  for (let step = 0; step < owners.length && met.size < nodes.length; step += 1) {
    met.add(owners[(partition + step) % owners.length] ?? "");
  }
  return [...met];
}

function countBy(
  nodes: readonly string[],
  datacenterOf: ReadonlyMap<string, string>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const datacenter = datacenterOf.get(node) ?? "";
    counts.set(datacenter, (counts.get(datacenter) ?? 0) + 1);
  }
  return counts;
}

function wantedOf({ replicas }: SpreadOptions): string {
  if (replicas === undefined) return "an even spread";
  return Object.entries(replicas)
    .map(([datacenter, count]) => `${count} in ${datacenter}`)
    .join(", ");
}
