import type { NodeId } from "../base/ids.ts";
import { nodeId } from "../base/ids.ts";

/**
 * Where a cluster's nodes are, and how the N copies of each range are spread over those places (paper 4.6, D-4.6-9). The same on
 * all nodes, and part of the ring's digest.
 */
export interface DatacenterPlacement {
  readonly n: number;
  /** Of every node of the ring. */
  readonly datacenterOf: ReadonlyMap<NodeId, string>;
  /**
   * Of every datacenter: how many copies of each range it keeps; with 0 its nodes only stand in for others. Undefined: as even as can
   * be, so that no datacenter keeps two more than another that has a node left.
   */
  readonly replicas: ReadonlyMap<string, number> | undefined;
}

/**
 * The preference list of a range: the first N are the nodes of its walk that its datacenters still want a copy from, in the order
 * of the walk, then come all others in that order, who stand in. Where copies are even and N is no multiple of the
 * datacenters, those that the walk meets first keep one more.
 */
export function spreadOver(walk: readonly NodeId[], placement: DatacenterPlacement): NodeId[] {
  const wanted = new Wanted(placement, evenCopies(placement));
  const primaries: NodeId[] = [];
  const others: NodeId[] = [];
  for (const node of walk) (wanted.takes(node) ? primaries : others).push(node);
  return [...primaries, ...others];
}

/** Finds the first N of that list alone, for many ranges: a walk is followed no further than it takes. */
export function primariesAlong(
  placement: DatacenterPlacement,
): (walk: Iterable<NodeId>) => NodeId[] {
  const even = evenCopies(placement);
  return (walk) => {
    const wanted = new Wanted(placement, even);
    const primaries: NodeId[] = [];
    for (const node of walk) {
      if (wanted.takes(node)) primaries.push(node);
      if (primaries.length === placement.n) break;
    }
    return primaries;
  };
}

/** Throws RangeError, which says what is allowed, where no preference list can be spread so. */
export function checkPlacement(nodes: readonly NodeId[], placement: DatacenterPlacement): void {
  const { datacenterOf, replicas, n } = placement;
  const nowhere = nodes.find((node) => !datacenterOf.has(node));
  if (nowhere !== undefined) {
    throw new RangeError(`node ${nowhere} has no datacenter, and others have one`);
  }
  if (replicas === undefined) return;
  const sizes = sizesOf(placement);
  const known = [...sizes.keys()].sort().join(", ");
  let sum = 0;
  for (const [datacenter, count] of replicas) {
    const size = sizes.get(datacenter);
    if (size === undefined) {
      throw new RangeError(`no node is in datacenter ${datacenter}, there are ${known}`);
    }
    if (count > size) {
      throw new RangeError(
        `${count} replicas in datacenter ${datacenter}: allowed are 0 to ${size}, as many as it has nodes`,
      );
    }
    sum += count;
  }
  const missing = [...sizes.keys()].find((datacenter) => !replicas.has(datacenter));
  if (missing !== undefined) {
    throw new RangeError(`datacenter ${missing} is missing, 0 is allowed for stand-ins alone`);
  }
  if (sum !== n) throw new RangeError(`${sum} replicas in all datacenters, and N is ${n}`);
}

/** A placement as JSON: its maps as objects. */
export interface PlacementFile {
  readonly n: number;
  readonly datacenterOf: Readonly<Record<string, string>>;
  readonly replicas?: Readonly<Record<string, number>>;
}

export function placementFile({ n, datacenterOf, replicas }: DatacenterPlacement): PlacementFile {
  const counts = replicas === undefined ? {} : { replicas: Object.fromEntries(replicas) };
  return { n, datacenterOf: Object.fromEntries(datacenterOf), ...counts };
}

/** Throws RangeError where it is no such thing. */
export function placementOfFile(file: unknown): DatacenterPlacement {
  const { n, datacenterOf, replicas } = { ...(file as Partial<PlacementFile> | null) };
  const datacenters = Object.entries(datacenterOf ?? {});
  const counts = replicas === undefined ? undefined : Object.entries(replicas ?? {});
  const isUsable =
    Number.isSafeInteger(n) &&
    datacenters.every(([, datacenter]) => typeof datacenter === "string") &&
    (counts ?? []).every(([, count]) => Number.isSafeInteger(count));
  if (n === undefined || !isUsable) throw new RangeError("Cannot use a placement: it is none");
  return {
    n,
    datacenterOf: new Map(datacenters.map(([node, datacenter]) => [nodeId(node), datacenter])),
    replicas: counts === undefined ? undefined : new Map(counts),
  };
}

/** Where copies are even: what each datacenter keeps, if it has so many nodes, and how many of them keep one more. */
interface EvenCopies {
  readonly level: number;
  readonly extra: number;
}

function evenCopies(placement: DatacenterPlacement): EvenCopies {
  const sizes = [...sizesOf(placement).values()];
  const keptAt = (level: number) => sizes.reduce((sum, size) => sum + Math.min(size, level), 0);
  let level = 0;
  while (level < placement.n && keptAt(level + 1) <= placement.n) level += 1;
  return { level, extra: placement.n - keptAt(level) };
}

/** How many copies each datacenter is still to get. */
class Wanted {
  readonly #datacenterOf: ReadonlyMap<NodeId, string>;
  readonly #taken = new Map<string, number>();
  readonly #replicas: ReadonlyMap<string, number> | undefined;
  readonly #level: number;
  #extra: number;

  constructor({ datacenterOf, replicas }: DatacenterPlacement, { level, extra }: EvenCopies) {
    this.#datacenterOf = datacenterOf;
    this.#replicas = replicas;
    this.#level = level;
    this.#extra = extra;
  }

  takes(node: NodeId): boolean {
    const datacenter = this.#datacenterOf.get(node) ?? "";
    const taken = this.#taken.get(datacenter) ?? 0;
    if (this.#replicas !== undefined) {
      if (taken >= (this.#replicas.get(datacenter) ?? 0)) return false;
    } else if (taken >= this.#level) {
      if (taken > this.#level || this.#extra === 0) return false;
      this.#extra -= 1;
    }
    this.#taken.set(datacenter, taken + 1);
    return true;
  }
}

function sizesOf({ datacenterOf }: DatacenterPlacement): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const datacenter of datacenterOf.values()) {
    sizes.set(datacenter, (sizes.get(datacenter) ?? 0) + 1);
  }
  return sizes;
}
